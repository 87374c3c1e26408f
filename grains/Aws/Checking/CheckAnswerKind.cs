namespace Orleans.Kpl.Aws.Checking;

/// <summary>What an answer to a check says about the caller's question.</summary>
internal enum CheckAnswerKind
{
    /// <summary>The call was not made.</summary>
    NotAsked,

    /// <summary>Kinesis did what was asked.</summary>
    Success,

    /// <summary>The right is missing.</summary>
    Denied,

    /// <summary>The signature, its key or its time was refused.</summary>
    SignatureRefused,

    /// <summary>There is nothing to sign with.</summary>
    NoCredentials,

    /// <summary>There is no such stream.</summary>
    StreamMissing,

    /// <summary>Too many calls.</summary>
    Throttled,

    /// <summary>The caller is allowed to ask, and asked for something impossible.</summary>
    ArgumentRefused,

    /// <summary>The key that encrypts the stream cannot be used.</summary>
    KeyRefused,

    /// <summary>No whole answer came.</summary>
    Unreachable,

    /// <summary>Any other answer.</summary>
    Other,
}
