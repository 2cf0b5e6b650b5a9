package import Foundation
import Storage

/// What the command line does with volumes of interest; see ``VOIWorkflow``.
package struct VOISession: Sendable {
    private let workflow: VOIWorkflow

    fileprivate init(_ workflow: VOIWorkflow) { self.workflow = workflow }

    package func list() async throws -> [VOIShown] { try await workflow.list() }

    package func make(_ operation: VOIOperation, in target: VOITarget) async throws -> VOIShown {
        try await workflow.make(operation, in: target).voi
    }

    package func takeOver(
        _ series: String, names: [String], on ct: String?, role: VOIRole?
    ) async throws -> [VOIShown] {
        try await workflow.takeOver(series, names: names, on: ct, role: role).map(\.voi)
    }

    package func rename(_ name: String, to new: String) async throws -> VOIShown {
        try await workflow.rename(name, to: new).voi
    }

    package func withdraw(_ name: String, reason: String) async throws -> VOIShown {
        try await workflow.withdraw(name, reason: reason).voi
    }

    /// What was taken out of use.
    package func withdrawn() async throws -> [VOIShown] { try await workflow.withdrawn() }

    /// Takes up again what was taken out of use.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - number: ``VOIShown/number``, where several of that name were taken out of use.
    /// - Returns: It as it is in use again.
    /// - Throws: ``WorkflowError`` when there is none, or several and no number; as
    ///   ``VOIWorkflow/restore(_:)``.
    package func restore(_ name: String, number: Int64?) async throws -> VOIShown {
        let found = try await workflow.withdrawn().filter {
            $0.name == name && (number == nil || $0.number == number)
        }
        guard let first = found.first else {
            throw WorkflowError.notFound(kind: "withdrawn volume of interest", name: name)
        }
        guard found.count == 1 else {
            let numbers = found.map { "\($0.number)" }.joined(separator: ", ")
            throw WorkflowError.refused(
                sentence: "\(found.count) volumes of interest of this name were withdrawn; say "
                    + "which with '--number' (\(numbers)).")
        }
        return try await workflow.restore(first.number).voi
    }

    package func accept(_ name: String, note: String) async throws -> VOIShown {
        try await workflow.accept(name, note: note)
    }

    package func export(
        _ names: [String], includingProposals: Bool, to out: URL
    ) async throws -> VOIExport.Answer {
        try await VOIExport(workflow).write(
            names, includingProposals: includingProposals, to: out)
    }
}

extension DataSession {
    /// The volumes of interest of a case.
    ///
    /// - Parameter number: The case's number, as in the addresses of its pages; `nil` where the
    ///   folder holds one case.
    /// - Returns: What can be done with them.
    /// - Throws: ``WorkflowError`` when there is no such case, or several and none is named.
    package func vois(ofCase number: Int64?) async throws -> VOISession {
        let patients = try await folder.records.patients().map(\.id)
        let patient: Int64
        if let number {
            guard patients.contains(number) else {
                throw WorkflowError.notFound(kind: "case", name: "\(number)")
            }
            patient = number
        } else {
            guard patients.count == 1 else {
                throw WorkflowError.refused(
                    sentence: "The data folder holds \(patients.count) cases; name one with "
                        + "'--case' (\(patients.map { "\($0)" }.joined(separator: ", "))).")
            }
            patient = patients[0]
        }
        return VOISession(
            VOIWorkflow(folder: folder, source: source, actor: actor, patient: patient))
    }
}
