/// Takes the instances of an association into an inbox: as C-STORE provider of a node, or while a
/// peer answers our C-GET.
struct InstanceReceiver {
    let inbox: InstanceInbox
    let label: String

    /// Receives the instance that a command announces.
    ///
    /// The data set is read to its end also when it cannot be kept, so that the peer gets an answer.
    ///
    /// - Returns: The instance, complete and on disk, or why there is none.
    /// - Throws: ``DicomError/peerFailed(reason:)`` when the peer is gone.
    func receive(
        _ command: DimseCommand, context: PresentationContext, association: Association
    ) throws -> Result<ReceivedInstance, DimseStatus> {
        guard let reference = Self.reference(command), let syntax = context.syntaxes.first,
            reference.sopClassUID == context.abstractSyntax
        else {
            try Self.discard(context: context.id, association)
            return .failure(.dataSetDoesNotMatchClass)
        }
        let longest = association.limits.longestInstance
        var problem: DimseStatus?
        var file: ArrivingFile?
        do {
            file = try inbox.begin(
                FileMeta(reference: reference, transferSyntaxUID: syntax), label: label)
        } catch { problem = error as? DimseStatus ?? .cannotUnderstand }
        try unsafe association.receiveData(context: context.id) { part in
            guard problem == nil, let arriving = file else { return }
            do {
                guard part.count <= longest - arriving.count else {
                    throw DimseStatus.outOfResources
                }
                try unsafe arriving.write(part)
            } catch {
                problem = error as? DimseStatus ?? .outOfResources
                // Gives the disk back what it had taken.
                file = nil
            }
        }
        guard problem == nil, let complete = file else {
            return .failure(problem ?? .outOfResources)
        }
        do {
            let path = try inbox.finish(complete)
            return .success(
                ReceivedInstance(path: path, reference: reference, transferSyntaxUID: syntax))
        } catch { return .failure(error as? DimseStatus ?? .outOfResources) }
    }

    /// Reads a data set that is not wanted.
    static func discard(context: UInt8, _ association: Association) throws {
        try unsafe association.receiveData(context: context) { _ in }
    }

    /// What the command names; `nil` unless both are UIDs (PS3.5 §9.1).
    private static func reference(_ command: DimseCommand) -> InstanceReference? {
        guard let sopClass = command[text: .affectedSOPClassUID],
            let instance = command[text: .affectedSOPInstanceUID],
            isUID(sopClass), isUID(instance)
        else { return nil }
        return InstanceReference(sopClassUID: sopClass, sopInstanceUID: instance)
    }

    private static func isUID(_ text: String) -> Bool {
        text.utf8.count <= 64
            && text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30 ... 0x39).contains($0) }
    }
}
