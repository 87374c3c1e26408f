namespace Orleans.Kpl;

/// <summary>Thrown for a record that Kinesis could never accept. The record was not accepted.</summary>
public sealed class RecordValidationException : ArgumentException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="RecordErrorCodes"/>.</param>
    /// <param name="message">Describes the problem, with the value's size and the limit.</param>
    public RecordValidationException(string code, string message)
        : base(message) => Code = code;

    /// <summary>One of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; }
}
