import Yams

extension Node {
    /// The text of a scalar.
    var text: String? {
        if case .scalar(let scalar) = self { scalar.string } else { nil }
    }

    static func words(_ text: String) -> Node {
        Node(text, Tag(.str), .doubleQuoted)
    }

    static func number(_ value: Double) -> Node { Node("\(value)") }

    static func list(_ nodes: [Node]) -> Node { Node(nodes) }

    static func map(_ pairs: [(String, Node)]) -> Node {
        Node(pairs.map { (Node($0.0), $0.1) })
    }
}
