import UIKit

@MainActor @preconcurrency public protocol UIViewControllerRepresentable: View where Body == Never {
    associatedtype UIViewControllerType: UIViewController
    associatedtype Coordinator = Void
    typealias Context = UIViewControllerRepresentableContext<Self>
    func makeUIViewController(context: Context) -> UIViewControllerType
    func updateUIViewController(_ controller: UIViewControllerType, context: Context)
    func makeCoordinator() -> Coordinator
}
extension UIViewControllerRepresentable {
    public var body: Never { fatalError("a controller has no body") }
    var shown: [Node] {
        let node = Node("Controller")
        let context = Context(coordinator: makeCoordinator())
        let made: Made = kept("controller") { Made(makeUIViewController(context: context), context.coordinator) }
        if let controller = made.object as? UIViewControllerType { updateUIViewController(controller, context: context) }
        node.object = made.object
        return [node]
    }
}
@MainActor public struct UIViewControllerRepresentableContext<R: UIViewControllerRepresentable> { public let coordinator: R.Coordinator }

@MainActor @preconcurrency public protocol UIViewRepresentable: View where Body == Never {
    associatedtype UIViewType: UIView
    typealias Context = UIViewRepresentableContext<Self>
    func makeUIView(context: Context) -> UIViewType
    func updateUIView(_ uiView: UIViewType, context: Context)
}
extension UIViewRepresentable {
    public var body: Never { fatalError("a view of UIKit has no body") }
    var shown: [Node] {
        let node = Node("UIView")
        let made: Made = kept("view") { Made(makeUIView(context: Context()), ()) }
        if let view = made.object as? UIViewType { updateUIView(view, context: Context()) }
        node.object = made.object
        return [node]
    }
}
@MainActor public struct UIViewRepresentableContext<R: UIViewRepresentable> {}

/// What UIKit's side was made once for a view, with its coordinator, which UIKit does not hold.
private final class Made {
    let object: AnyObject
    let coordinator: Any
    init(_ object: AnyObject, _ coordinator: Any) { (self.object, self.coordinator) = (object, coordinator) }
}

@MainActor private func kept<T: AnyObject>(_ kind: String, _ make: () -> T) -> T {
    guard let storage = Storage.current else { return make() }
    let path = storage.place(kind)
    if let known = storage.kept[path] as? T { return known }
    let made = make()
    storage.kept[path] = made
    return made
}
