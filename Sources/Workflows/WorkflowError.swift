/// Why an action the user asked for was refused; the sentence says what, where and what to do.
package enum WorkflowError: Error, Hashable {
    case refused(sentence: String)
    case notFound(kind: String, name: String)
}
