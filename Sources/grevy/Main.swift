import Terminal

@main
enum Main {
    static func main() async { await Outcome.run(Grevy.self) }
}
