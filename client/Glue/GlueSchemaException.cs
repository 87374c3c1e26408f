namespace Orleans.Kpl.Glue;

/// <summary>Thrown when the version of a schema could not be found or registered. No record of the call was accepted. The message says what to do.</summary>
/// <param name="code">One of <see cref="GlueErrorCodes"/>, a code of Glue, or one of the transport.</param>
/// <param name="message">What happened, and what to do.</param>
/// <param name="inner">The cause.</param>
public sealed class GlueSchemaException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="GlueErrorCodes"/>, a code of Glue such as <c>AccessDeniedException</c>, or one of the transport.</summary>
    public string Code { get; } = code;
}

/// <summary>The error codes that this package defines. All others in <see cref="GlueSchemaException"/> are Glue's own, or those of the transport.</summary>
public static class GlueErrorCodes
{
    /// <summary>The registry does not have the schema, or not with this definition, and <see cref="GlueOptions.AutoRegistration"/> is off.</summary>
    public const string NotRegistered = "SchemaNotRegistered";

    /// <summary>Glue refused the definition as a new version (status FAILURE): it is not compatible with earlier ones.</summary>
    public const string Incompatible = "SchemaIncompatible";

    /// <summary>The version is being deleted, or is in a status that this package does not know.</summary>
    public const string NotAvailable = "SchemaNotAvailable";

    /// <summary>The registry has the definition under another data format.</summary>
    public const string OtherDataFormat = "SchemaOtherDataFormat";

    /// <summary>Glue gave no final answer within <see cref="GlueOptions.MaxWait"/>.</summary>
    public const string Timeout = "SchemaTimeout";

    /// <summary>Records of more bytes than <see cref="GlueOptions.MaxWaitingBytes"/> would wait for schemas that are not known yet.</summary>
    public const string TooManyWaiting = "SchemaTooManyWaiting";

    /// <summary><see cref="GlueOptions.Validate"/> refused the data. This is the code of a record's failed result, too.</summary>
    public const string InvalidData = "SchemaInvalidData";
}
