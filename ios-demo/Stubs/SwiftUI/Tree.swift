// What a test sees of a view: `@_spi(Tests) import SwiftUI`, then `TestHost { view }`. It lays nothing out and draws nothing.
import CoreGraphics
import UIKit

/// A view, its controls and its drawings, as a test sees them.
@MainActor @_spi(Tests) public final class Node {
    public let kind: String
    public let text: String
    public var children: [Node]
    public var action: (() -> Void)?
    public var isEnabled = true
    public var isTouchable = true
    public var isHidden = false  // from those who hear it
    public var label: String?  // for those who hear it
    public var isSelected = false
    public var actions: [String: () -> Void] = [:]  // for those who hear it
    public var drawn: [String] = []
    public var frame: CGRect?
    public var object: AnyObject?  // of UIKit, or what a link shares

    init(_ kind: String, _ text: String = "", _ children: [Node] = [], action: (() -> Void)? = nil) {
        (self.kind, self.text, self.children, self.action) = (kind, text, children, action)
    }

    public var all: [Node] { [self] + children.flatMap(\.all) }
    public var texts: [String] { all.map(\.text).filter { !$0.isEmpty } }

    /// The button, link or picker on which this text stands, or which is called so; not in a menu that a long press opens.
    public func control(_ text: String) -> Node? {
        if kind == "contextMenu" { return nil }
        if action != nil && (texts.contains(text) || label == text) { return self }
        return children.lazy.compactMap { $0.control(text) }.first
    }
    public func first(_ kind: String) -> Node? { all.first { $0.kind == kind } }
    public func element(_ label: String) -> Node? { all.first { $0.label == label } }
}

/// Shows a view: it keeps what `@State` holds from one look to the next, and calls what changes, appearing and vanishing call.
@MainActor @_spi(Tests) public final class TestHost {
    /// Of all hosts: what a view's environment has, how large it is, and what a key's text is.
    public static var environment = EnvironmentValues()
    public static var size = CGSize(width: 390, height: 844)
    /// How often a view dismissed itself, what it had the system open, and to what it scrolled.
    public static var dismissed = 0
    public static var opened: [URL] = []
    public static var scrolledTo: String?
    public static var strings: @MainActor (_ key: String, _ values: [any Sendable]) -> String = { key, _ in key }

    private let view: () -> any View
    private let storage = Storage()

    public init(_ view: @escaping () -> any View) { self.view = view }

    /// What is there now. Ask again after an action.
    public var tree: Node {
        for _ in 0..<20 {
            let nodes = storage.look(view())
            if !storage.callPending() { return Node("root", "", nodes) }
        }
        fatalError("a view that changes itself without end")
    }

    /// Until the tasks of views that are there now have ended.
    public func settled() async { for task in storage.tasks.values { await task.value } }

    /// The view is gone.
    public func close() { storage.vanishAll() }
}

/// What stays of views from one look to the next, by the view's place among the others.
@MainActor final class Storage {
    private struct Frame {
        let path: String
        var counts: [String: Int] = [:]
    }

    static var current: Storage?
    var kept: [String: AnyObject] = [:]
    var values: [String: Any] = [:]
    var vanish: [String: () -> Void] = [:]
    var tasks: [String: Task<Void, Never>] = [:]
    private var seen: Set<String> = []
    private var pending: [() -> Void] = []
    private var frames: [Frame] = []

    func look(_ view: any View) -> [Node] {
        (Storage.current, seen, frames) = (self, [], [Frame(path: "")])
        defer { Storage.current = nil }
        let nodes = collect(view)
        for (path, call) in vanish where !seen.contains(path) { pending.append(call) }
        (kept, values) = (kept.filter { seen.contains($0.key) }, values.filter { seen.contains($0.key) })
        vanish = vanish.filter { seen.contains($0.key) }
        for (path, task) in tasks where !seen.contains(path) { task.cancel() }
        tasks = tasks.filter { seen.contains($0.key) }
        return nodes
    }

    func vanishAll() {
        for call in vanish.values { call() }
        for task in tasks.values { task.cancel() }
        (vanish, tasks) = ([:], [:])
    }

    /// - Returns: whether there was something to call.
    func callPending() -> Bool {
        defer { pending = [] }
        for call in pending { call() }
        return !pending.isEmpty
    }

    func later(_ call: @escaping () -> Void) { pending.append(call) }

    /// The place of the next thing of a kind in the view that is being looked at.
    func place(_ kind: String) -> String {
        let count = frames[frames.count - 1].counts[kind, default: 0]
        frames[frames.count - 1].counts[kind] = count + 1
        let path = "\(frames[frames.count - 1].path)/\(kind)\(count)"
        seen.insert(path)
        return path
    }

    func inside<T>(_ path: String, _ work: () -> T) -> T {
        frames.append(Frame(path: path))
        defer { frames.removeLast() }
        return work()
    }

    /// Gives a view's `@State` what it held at the last look.
    func link(_ view: any View, _ path: String) {
        for child in Mirror(reflecting: view).children {
            guard let state = child.value as? any Linked, let name = child.label else { continue }
            let key = "\(path).\(name)"
            seen.insert(key)
            if let known = kept[key] { state.take(known) } else { kept[key] = state.given }
        }
    }
}

/// A view that says itself what a test sees of it.
@MainActor protocol Primitive: View where Body == Never {
    var nodes: [Node] { get }
}
extension Primitive {
    public var body: Never { fatalError("a primitive view has no body") }
}

/// A view in a branch is another view than the same in the other branch: its `@State` begins anew.
@MainActor func collect(_ view: some View, branch: String) -> [Node] {
    guard let storage = Storage.current else { return collect(view) }
    return storage.inside(storage.place(branch)) { collect(view) }
}

@MainActor func collect(_ view: some View) -> [Node] {
    if let primitive = view as? any Primitive { return primitive.nodes }
    if let controller = view as? any UIViewControllerRepresentable { return controller.shown }
    if let view = view as? any UIViewRepresentable { return view.shown }
    guard let storage = Storage.current else { return collect(view.body) }
    let path = storage.place(String(describing: type(of: view)))
    storage.link(view, path)
    return storage.inside(path) { collect(view.body) }
}
