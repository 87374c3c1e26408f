namespace Orleans.Kpl;

/// <summary>What a stream's manager was asked for could not be done.</summary>
public sealed class StreamManagerException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">Kinesis' error code, or one of <see cref="RecordErrorCodes"/>.</param>
    /// <param name="message">What is wrong.</param>
    public StreamManagerException(string code, string message)
        : base(message) => Code = code;

    /// <summary>Kinesis' error code, such as <c>ResourceNotFoundException</c>, or one of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; }
}
