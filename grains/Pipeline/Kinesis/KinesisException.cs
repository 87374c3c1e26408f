namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>How a whole call failed, as far as that decides what is done next.</summary>
internal enum KinesisFailureKind
{
    /// <summary>Kinesis answered with an error.</summary>
    Refused,

    /// <summary>Nothing was sent: no connection, no name, no credentials.</summary>
    NotSent,

    /// <summary>The request, or part of it, was sent, and no complete answer arrived: it may have been applied.</summary>
    Ambiguous,
}

/// <summary>The failure of a whole call.</summary>
internal sealed class KinesisException : Exception
{
    public KinesisException(KinesisFailureKind kind, string code, string message, int httpStatus = 0, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Code = code;
        HttpStatus = httpStatus;
    }

    public KinesisFailureKind Kind { get; }

    /// <summary>Kinesis' error code without its prefix, or one of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The status of the answer; 0 where there was none.</summary>
    public int HttpStatus { get; }
}
