import Foundation
import ReaderCore

/// A photo that was chosen: where it comes from (the app's own word for it, another for each choice) and its upright size in pixels.
public struct Photo: Sendable, Equatable, Codable {
    public let source: String
    public let width: Int
    public let height: Int

    public init(source: String, width: Int, height: Int) { (self.source, self.width, self.height) = (source, width, height) }

    public var size: CGSize { CGSize(width: width, height: height) }
}

/// Why something failed; the screen's `detail` is the error's own message.
public enum Failure: String, Sendable, Equatable, Codable, CaseIterable { case photo, reader, noCamera, memory }

/// What the screen shows. Each case is complete: a screen is drawn from its state alone.
public indirect enum Screen: Sendable, Equatable {
    /// Nothing yet: camera or photo library.
    case choose
    /// The photo is being fetched and decoded.
    case opening(source: String)
    /// The user marks regions.
    case mark(Photo, Marking)
    /// The text is being read; a result with another job is of no interest any more. Without rectangles the whole photo is read.
    case reading(Photo, Marking, job: Int)
    /// The lines, empty when there is no text; `milliseconds` is what reading took.
    case results(Photo, Marking, lines: [TextLine], milliseconds: Int)
    /// The user is content: the texts stay, the photo is deleted.
    case done(lines: [TextLine])
    /// Something failed; `back` is where the user goes on.
    case failed(Failure, detail: String, back: Screen)
}

/// What happens to a screen: by the user, or by the work that goes on behind it.
public enum Event: Sendable, Equatable {
    /// Camera or library gave a photo.
    case photoChosen(source: String)
    /// It is decoded.
    case photoOpened(Photo)
    case markingChanged(Marking)
    /// Read what is marked; `job` is a number that no reading had before.
    case readAsked(job: Int)
    case readEnded(job: Int, lines: [TextLine], milliseconds: Int)
    /// `job` is the reading that failed, nil for anything else.
    case broke(Failure, detail: String, job: Int? = nil)
    /// 重拍: another photo.
    case retake
    /// 完成.
    case finish
    /// One step back: from results to the marks, from reading to the marks, from marks to choosing, from an error on.
    case back
}

extension Screen {
    /// The screen after an event. An event that means nothing on a screen (a late result, a second tap) leaves it as it is.
    public func after(_ event: Event) -> Screen {
        switch (event, self) {
        case (.photoChosen(let source), _): .opening(source: source)
        case (.photoOpened(let photo), .opening(let source)) where source == photo.source: .mark(photo, Marking())
        case (.markingChanged(let marking), .mark(let photo, _)): .mark(photo, marking)
        case (.readAsked(let job), .mark(let photo, let marking)): .reading(photo, marking, job: job)
        case (.readEnded(let ended, let lines, let milliseconds), .reading(let photo, let marking, let job)) where ended == job:
            .results(photo, marking, lines: lines, milliseconds: milliseconds)
        case (.broke(let failure, let detail, let job), _): broken(failure, detail, job)
        case (.retake, _): .choose
        case (.finish, .results(_, _, let lines, _)): .done(lines: lines)
        case (.back, _): before
        case (.photoOpened, _), (.markingChanged, _), (.readAsked, _), (.readEnded, _), (.finish, _): self
        }
    }

    private func broken(_ failure: Failure, _ detail: String, _ broken: Int?) -> Screen {
        if case .failed = self { return self }
        if let broken {
            guard case .reading(_, _, let job) = self, job == broken else { return self }
        }
        return .failed(failure, detail: detail, back: before)
    }

    /// Where going back leads.
    private var before: Screen {
        switch self {
        case .reading(let photo, let marking, _), .results(let photo, let marking, _, _): .mark(photo, marking)
        case .failed(_, _, let back): back
        case .choose, .opening, .mark, .done: .choose
        }
    }

    /// The photo that the screen is about.
    public var photo: Photo? {
        switch self {
        case .mark(let photo, _), .reading(let photo, _, _), .results(let photo, _, _, _): photo
        case .failed(_, _, let back): back.photo
        case .choose, .opening, .done: nil
        }
    }
}
