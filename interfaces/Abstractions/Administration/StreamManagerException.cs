namespace Orleans.Kpl;

/// <summary>Thrown when a stream's manager could not carry out a request.</summary>
public sealed class StreamManagerException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="StreamManagerErrorCodes"/>, or the code of the failed call to Kinesis.</param>
    /// <param name="message">Describes the problem.</param>
    public StreamManagerException(string code, string message)
        : base(message) => Code = code;

    /// <summary>
    /// One of <see cref="StreamManagerErrorCodes"/>. If a call to Kinesis failed: Kinesis' own code, such as
    /// <c>ResourceNotFoundException</c>, or one of <see cref="RecordErrorCodes"/> for a transport error.
    /// </summary>
    public string Code { get; }
}
