namespace Orleans.Kpl.Aws.Checking;

/// <summary>The answer to an unsigned request, which tells only whether anything answers at an address.</summary>
/// <param name="Trouble">What stood in the way; <see cref="EndpointTrouble.None"/> after an answer.</param>
/// <param name="Message">The reason in words; empty after an answer.</param>
/// <param name="Elapsed">How long it took.</param>
internal readonly record struct EndpointAnswer(EndpointTrouble Trouble, string Message, TimeSpan Elapsed);

/// <summary>What keeps requests from an endpoint.</summary>
internal enum EndpointTrouble
{
    /// <summary>Nothing: it answered.</summary>
    None,

    /// <summary>The host's name does not resolve.</summary>
    Name,

    /// <summary>No connection could be made.</summary>
    Connection,

    /// <summary>The certificate is not trusted, or TLS failed otherwise.</summary>
    Tls,

    /// <summary>The proxy refused.</summary>
    Proxy,

    /// <summary>A connection was made, and no answer came.</summary>
    Silence,

    /// <summary>It was not asked, because settings keep it from being known.</summary>
    NotAsked,
}
