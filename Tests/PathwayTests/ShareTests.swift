import Pathway
import Testing

@Suite("Shares and referrals")
struct ShareTests {
    @Test("Looking comes with every share, download only when asked for")
    func rights() throws {
        #expect(try ShareTerms(purpose: "advice").rights == [.view])
        #expect(
            try ShareTerms(purpose: "advice", rights: [.download]).rights == [.view, .download])
        #expect(try ShareTerms(purpose: "advice").days == 14)
    }

    @Test("A share has a purpose and an end", arguments: [0, -1, 91, Int.max])
    func days(days: Int) {
        #expect(throws: ShareRefusal.days) { try ShareTerms(purpose: "advice", days: days) }
        #expect(throws: ShareRefusal.purpose) { try ShareTerms(purpose: " \n") }
        #expect(throws: ShareRefusal.purpose) {
            try ShareTerms(purpose: String(repeating: "a", count: 501))
        }
    }

    @Test("A question of blanks asks nothing, one too long is refused")
    func question() throws {
        #expect(try ShareTerms(purpose: "advice", question: " \n ").question.isEmpty)
        #expect(try ShareTerms(purpose: "advice", question: "SIRT?").question == "SIRT?")
        #expect(throws: ShareRefusal.question) {
            try ShareTerms(purpose: "advice", question: String(repeating: "a", count: 2001))
        }
    }

    @Test("What is seen later covers what was seen before, or the answer ends")
    func covers() {
        func some(_ series: Set<Int64>, _ records: Set<String>, _ inner: Bool) -> CaseSight {
            CaseSight(
                .items(series: series, records: records), .shares([1]), includesInternal: inner)
        }
        let small = some([1], ["plan-1"], false)
        #expect(small.covers(small) && CaseSight.whole.covers(small) && !small.covers(.whole))
        #expect(some([1, 2], ["plan-1", "dose-2"], false).covers(small))
        #expect(!some([2], ["plan-1"], false).covers(small))
        #expect(!some([1], [], false).covers(small))
        #expect(some([1], ["plan-1"], true).covers(small))
        #expect(!small.covers(some([1], ["plan-1"], true)))
    }

    @Test("Nothing is seen of a series or object that is not named")
    func sight() {
        let sight = CaseSight(
            .items(series: [3], records: ["plan-1"]), .shares([1]), includesInternal: false)
        #expect(sight.sees(series: 3) && !sight.sees(series: 4))
        #expect(sight.sees(record: "plan-1") && !sight.sees(record: "plan-10"))
        #expect(!sight.isOwners && CaseSight.whole.isOwners && CaseSight.whole.sees(series: 4))
    }

    @Test("A referral goes from sent to an end, and never back")
    func referral() {
        var seen: Set<Referral.State> = [.sent]
        var open: [Referral.State] = [.sent]
        while let state = open.popLast() {
            #expect(!state.next.contains(.sent) && !state.next.contains(state))
            for next in state.next where seen.insert(next).inserted { open.append(next) }
        }
        #expect(seen == Set(Referral.State.allCases))
        let ends = Referral.State.allCases.filter(\.next.isEmpty)
        #expect(Set(ends) == [.declined, .answered] && ends.allSatisfy(\.needsText))
    }
}
