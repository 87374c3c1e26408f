namespace Orleans.Kpl;

/// <summary>What a stream's manager was asked for could not be done.</summary>
public sealed class StreamManagerException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">One of <see cref="StreamManagerErrorCodes"/>, or the code of a call to Kinesis that failed.</param>
    /// <param name="message">What is wrong.</param>
    public StreamManagerException(string code, string message)
        : base(message) => Code = code;

    /// <summary>
    /// One of <see cref="StreamManagerErrorCodes"/>; or, where a call to Kinesis failed, Kinesis' own code such as <c>ResourceNotFoundException</c>, or
    /// one of <see cref="RecordErrorCodes"/> for the transport.
    /// </summary>
    public string Code { get; }
}
