namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>What a request over HTTP carries.</summary>
internal enum WebKind
{
    /// <summary>PutRecords of Kinesis with 500 entries, in JSON, without a signature.</summary>
    PutRecords,

    /// <summary>The same body with signature version 4.</summary>
    SignedPutRecords,

    /// <summary>500 lines of base64, answered when they are delivered.</summary>
    Lines,

    /// <summary>One record as JSON, answered when it is delivered.</summary>
    Confirmed,
}

/// <summary>One run of a load over HTTP.</summary>
/// <param name="Kind">What each request carries.</param>
/// <param name="Url">The tier.</param>
/// <param name="Stream">Where batches go; single records go to the default stream.</param>
/// <param name="Connections">Connections, each with one request under way.</param>
/// <param name="Requests">Requests in all.</param>
/// <param name="Credential">An API key or a token; null for none.</param>
internal sealed record WebSpec(WebKind Kind, string Url, string Stream, int Connections, long Requests, string? Credential = null);

/// <summary>What a run did, from the first request to the last answer.</summary>
/// <param name="Records">Records sent, all of which the answers told as delivered.</param>
/// <param name="Seconds">By the clock.</param>
/// <param name="NumberSum">The sum of the numbers in these records.</param>
internal sealed record WebResult(long Records, double Seconds, ulong NumberSum);
