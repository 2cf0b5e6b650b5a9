import Foundation
import Storage
import _TestSupport

/// Saves without end into a data folder and says on standard output what has been acknowledged.
///
/// A test kills it at random moments and looks whether what it said is true. Lines:
/// `object DIGEST`, `instance UID DIGEST`, `derived ID DIGEST`, `head SEQUENCE:HASH`.
@main
enum Torture {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let seed = UInt64(arguments[2]) else {
            say("usage: _StorageTorture FOLDER SEED")
            exit(2)
        }
        let folder = try DataFolder.open(at: URL(filePath: arguments[1]), create: true)
        var writer = Writer(folder: folder, seed: seed, random: SplitMix(seed: seed))
        try await writer.run()
    }

    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// Mixes what a working day does: imports in batches, single objects, computed objects.
struct Writer {
    let folder: DataFolder
    let seed: UInt64
    var random: SplitMix
    var count = 0

    mutating func run() async throws {
        let run = try await folder.records.beginImport(softwareVersion: "0", by: "torture")
        while true {
            switch Int.random(in: 0 ..< 4, using: &random) {
            case 0: Torture.say("object \(try await folder.objects.put(content()))")
            case 1: try await save()
            default: try await importBatch(run)
            }
            Torture.say("head \(try await folder.audit.head())")
        }
    }

    private mutating func importBatch(_ run: Int64) async throws {
        let contents = (0 ..< Int.random(in: 1 ... 12, using: &random)).map { _ in content() }
        let digests = try await folder.objects.putMany(contents.map { .bytes($0) })
        let entries = digests.map { digest in
            count += 1
            return InstanceEntry(
                patient: PatientIdentity(patientID: "T", name: "Torture^Test"),
                study: StudyDescription(studyUID: "2.\(seed)"),
                series: SeriesDescription(seriesUID: "2.\(seed).\(count / 20)", modality: "CT"),
                sopInstanceUID: "2.\(seed).0.\(count)", sopClassUID: "1", transferSyntaxUID: "1",
                object: digest, sourcePath: "\(count)", sourceIndex: count)
        }
        let outcomes = try await folder.records.register(entries, run: run)
        for (entry, outcome) in zip(entries, outcomes) where outcome == .stored {
            Torture.say("instance \(entry.sopInstanceUID) \(entry.object)")
        }
    }

    private mutating func save() async throws {
        let input = try await folder.objects.put(content())
        let content = try await folder.objects.put(content())
        let record = try await folder.records.save(
            DerivedDraft(
                caseID: "torture", kind: "dose", name: "main", content: content,
                mediaType: "application/octet-stream",
                inputs: [DerivedInput("map", .object(input))], softwareVersion: "0"),
            by: "torture")
        Torture.say("derived \(record.id) \(content)")
    }

    private mutating func content() -> [UInt8] {
        let size = Int.random(in: 0 ... 60_000, using: &random)
        var bytes = Array("\(seed) \(count) \(random.next())".utf8)
        bytes += (0 ..< size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        return bytes
    }
}
