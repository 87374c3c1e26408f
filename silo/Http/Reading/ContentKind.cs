namespace Orleans.Kpl.Http.Reading;

/// <summary>The kind of a body, by its Content-Type.</summary>
internal enum ContentKind
{
    /// <summary>There is no Content-Type.</summary>
    None,

    /// <summary><c>application/json</c>.</summary>
    Json,

    /// <summary><c>application/x-ndjson</c>.</summary>
    Lines,

    /// <summary><c>application/vnd.kpl.records+ndjson</c>: as NDJSON, with data in base64.</summary>
    Base64Lines,

    /// <summary>Anything else.</summary>
    Other,
}
