namespace Orleans.Kpl.Glue;

/// <summary>The version of a schema could not be found or registered. No record was accepted. The message says what to do.</summary>
public sealed class GlueSchemaException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="GlueErrorCodes"/>, a code of Glue, or one of the transport.</param>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="inner">The cause.</param>
    public GlueSchemaException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>One of <see cref="GlueErrorCodes"/>, a code of Glue such as <c>AccessDeniedException</c>, or one of the transport.</summary>
    public string Code { get; }
}
