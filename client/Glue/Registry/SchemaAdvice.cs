using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Glue.Registry;

/// <summary>Says what to do about an error of Glue.</summary>
internal static class SchemaAdvice
{
    public static GlueSchemaException Explain(KinesisException error, string operation, string schema, GlueOptions options)
    {
        var advice = error.Code switch
        {
            "AccessDeniedException" => $"allow glue:{operation} to these credentials, for registry '{options.RegistryName}'",
            "EntityNotFoundException" => $"create registry '{options.RegistryName}' in Glue, or correct {nameof(GlueOptions.RegistryName)} (registry.name) or the region",
            "InvalidInputException" => "Glue does not take the definition, the name or the format: correct them",
            "ResourceNumberLimitExceededException" => "delete schemas or versions in Glue, or ask AWS for a higher limit",
            RecordErrorCodes.CredentialsUnavailable => "give credentials: those of Kinesis sign these calls too (docs/settings.md, Kinesis)",
            "UnrecognizedClientException" or "InvalidSignatureException" or "ExpiredTokenException" => "the credentials are wrong or have expired: renew them",
            _ => "docs/glue.md tells what the calls need",
        };
        return new GlueSchemaException(
            error.Code, $"schema '{schema}': {operation} failed with {error.Code}: {error.Message.TrimEnd('.')}. What to do: {advice}", error);
    }
}
