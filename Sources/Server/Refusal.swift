import DICOM
import Foundation
import HTTPTypes
import Imaging
import Pathway
import Storage
import Workflows

/// Why a request gets no answer of its own; what is said of it holds no patient data.
enum Refusal: Error, Hashable {
    case badRequest(String)
    /// There is no session.
    case signInFirst
    /// The session was idle for too long; password and code open it again.
    case locked
    /// The role signs or manages accounts, and has no second factor yet.
    case secondFactorFirst
    /// The role lacks the right.
    case notAllowed
    /// A token that is unknown, expired or revoked.
    case tokenRefused
    /// A token that is not good for this.
    case scopeMissing(AccessScope)
    /// It is not there, or not for this organisation: the two must look alike.
    case notFound
    /// What the page showed is not what is stored now.
    case conflict(String)
    case tooLarge
    /// The body is of a kind that is not taken here.
    case otherMediaType(String)
    /// What is asked for cannot be given as what the client takes.
    case notAcceptable(String)
    /// The disk is full: reading goes on, nothing new is taken.
    case noRoom
    /// Too many failures to sign in.
    case wait(seconds: Int)
    /// Too many passwords wait to be looked at.
    case signInBusy
    /// So much of one account waits already.
    case busy(waiting: Int)

    var status: HTTPResponse.Status {
        switch self {
        case .badRequest: .badRequest
        case .signInFirst, .tokenRefused: .unauthorized
        case .locked: HTTPResponse.Status(code: 423, reasonPhrase: "Locked")
        case .secondFactorFirst, .notAllowed, .scopeMissing: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .tooLarge: .contentTooLarge
        case .otherMediaType: .unsupportedMediaType
        case .notAcceptable: .notAcceptable
        case .noRoom: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        case .wait, .signInBusy, .busy: .tooManyRequests
        }
    }

    /// What happened, as the heading of a page.
    var title: String {
        switch self {
        case .badRequest, .conflict, .otherMediaType, .notAcceptable: "This was not done"
        case .signInFirst: "Sign in first"
        case .locked: "The session is locked"
        case .secondFactorFirst: "A second factor is missing"
        case .notAllowed: "Not open to your role"
        case .tokenRefused, .scopeMissing: "The token does not open this"
        case .notFound: "There is nothing here"
        case .tooLarge: "Too much at once"
        case .noRoom: "No room on the server"
        case .wait, .signInBusy, .busy: "Wait a little"
        }
    }

    /// Why, and what to do.
    var sentence: String {
        switch self {
        case .badRequest(let sentence), .conflict(let sentence), .otherMediaType(let sentence),
            .notAcceptable(let sentence):
            sentence
        case .signInFirst: "You are not signed in, and nothing was kept. Sign in, then do it again."
        case .locked: "Your session is locked; open it with your password and code."
        case .secondFactorFirst: "Your role needs a second factor; set it up first."
        case .notAllowed: "Your role does not allow this; an administrator can change roles."
        case .tokenRefused: "The token is not known, or it is over; an administrator makes another."
        case .scopeMissing(let scope): "The token lacks the scope '\(scope.rawValue)'."
        case .notFound: "At this address is nothing that you may see. Go on from the start page."
        case .tooLarge: "This is more than the server takes at once; nothing was kept. Send less."
        case .noRoom:
            "The server's disk is full; nothing was kept, and what is there can still be read. "
                + "Tell whoever runs the server."
        case .wait(let seconds): "Too many failed attempts; try again in \(seconds) s."
        case .signInBusy:
            "Too many people are signing in at this moment; try again in \(Self.busySeconds) s."
        case .busy(let waiting):
            "\(waiting) pieces of your work on images are waiting already, and this one was not "
                + "begun. Wait until some are done, then ask again."
        }
    }

    /// As long as the passwords that wait take, about.
    private static let busySeconds = 10

    /// After how many seconds trying again makes sense; `nil` where waiting changes nothing.
    var retryAfterSeconds: Int? {
        switch self {
        case .wait(let seconds): seconds
        case .signInBusy, .busy: Self.busySeconds
        default: nil
        }
    }

    /// What an error of the layers below means to the one who asked; `nil` for what is our fault.
    init?(_ error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case WorkflowError.notFound, StorageError.notFound: self = .notFound
        case WorkflowError.refused(let sentence): self = .badRequest(sentence)
        // The process that reads, and files that are gone, are the server's own affair.
        case DicomError.workerDied, DicomError.unreadable: return nil
        case let error as DicomError: self = .badRequest(error.description)
        case ImagingError.fileNotWritten: return nil
        case let error as ImagingError: self = .badRequest(error.description)
        case let refusal as ChangeRefusal: self = .conflict(refusal.sentence)
        case let refusal as ShareRefusal:
            self =
                refusal == .over || refusal == .step
                ? .conflict(refusal.sentence) : .badRequest(refusal.sentence)
        case let refusal as ContributionRefusal: self = .badRequest(refusal.sentence)
        case let refusal as EmergencyRefusal:
            self =
                refusal == .over ? .conflict(refusal.sentence) : .badRequest(refusal.sentence)
        case SigningRefusal.right: self = .notAllowed
        case let refusal as SigningRefusal:
            self =
                refusal.isConflict ? .conflict(refusal.sentence) : .badRequest(refusal.sentence)
        case let refusal as CommentRefusal:
            self =
                refusal == .withdrawn
                ? .conflict(refusal.sentence) : .badRequest(refusal.sentence)
        case let refusal as MeetingRefusal:
            self =
                refusal.isConflict ? .conflict(refusal.sentence) : .badRequest(refusal.sentence)
        case let refusal as ProviderRefusal: self = .badRequest(refusal.sentence)
        case AccountWorkflow.TokenRefusal.dead: self = .tokenRefused
        case AccountWorkflow.TokenRefusal.scope(let scope): self = .scopeMissing(scope)
        case AccountWorkflow.Refusal.wait(let seconds): self = .wait(seconds: seconds)
        case AccountWorkflow.Refusal.busy: self = .signInBusy
        case let full as TurnQueue.Full: self = .busy(waiting: full.waiting)
        case let error as StorageError where error.isNoRoom: self = .noRoom
        case StorageError.duplicate: self = .conflict("There is such a record already.")
        default: return nil
        }
    }
}
