import Testing
import Transport

@Suite("Counter-based random numbers")
struct PhiloxTests {
    /// Published case: `kat_vectors` of Random123, philox4x32 with 10 rounds.
    @Test("Philox gives the known answers of its authors")
    func knownAnswers() {
        let full = UInt32.max
        #expect(
            Philox.block((0, 0, 0, 0), key: (0, 0))
                == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            Philox.block((full, full, full, full), key: (full, full))
                == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox.block(
                (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
                key: (0xa409_3822, 0x299f_31d0))
                == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test("Two lanes give the blocks of their two counters", arguments: [1, 0x1_0000, UInt32.max])
    func lanes(step: UInt32) {
        let words = (0 ..< 10).map { UInt32($0) &* 0x9E37_79B9 &* step &+ step }
        let column = { (n: Int) in SIMD2(UInt64(words[n]), UInt64(words[n + 4])) }
        let key = (words[8], words[9])
        let lanes = Philox.blocks((column(0), column(1), column(2), column(3)), key: key)
        for lane in 0 ..< 2 {
            let n = 4 * lane
            let one = Philox.block((words[n], words[n + 1], words[n + 2], words[n + 3]), key: key)
            #expect(lanes.0[lane] == UInt64(one.0) && lanes.1[lane] == UInt64(one.1))
            #expect(lanes.2[lane] == UInt64(one.2) && lanes.3[lane] == UInt64(one.3))
        }
    }
}
