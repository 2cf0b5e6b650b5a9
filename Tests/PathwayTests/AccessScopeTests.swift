import Pathway
import Testing

@Suite("Scopes of tokens")
struct AccessScopeTests {
    @Test("Kept words mean what they meant", arguments: AccessScope.allCases)
    func kept(scope: AccessScope) {
        #expect(AccessScope.kept(scope.rawValue) == [scope])
    }

    @Test("Tokens of before find, fetch and send as they did; other words are nothing")
    func earlier() {
        #expect(Set(AccessScope.kept("read")) == [.qido, .wado])
        #expect(AccessScope.kept("store") == [.stow])
        #expect(AccessScope.kept("everything") == [])
    }
}
