extension Schema {
    /// The way from a series to the import that brought it.
    static let origins = "CREATE INDEX importFileObject ON importFile (object)"
}
