namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>
/// The endpoint for Kinesis that AWS's environment variables name, as for each of AWS's SDKs: that of the service before that of all services.
/// </summary>
/// <param name="Name">The variable.</param>
/// <param name="Url">Its value.</param>
internal sealed record EndpointVariable(string Name, Uri Url)
{
    /// <summary>Switches the others off.</summary>
    private const string Ignore = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

    private static readonly string[] Names = ["AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"];

    /// <summary>Reads the variables; null where none is set, or they are not to count.</summary>
    /// <exception cref="KinesisSettingsException">The variable that counts has no address.</exception>
    public static EndpointVariable? Find(AwsEnvironment environment)
    {
        if (bool.TryParse(environment.Variable(Ignore), out var isIgnored) && isIgnored)
            return null;
        if (Array.Find(Names, n => environment.Variable(n) is not null) is not { } name)
            return null;
        var text = environment.Variable(name)!;
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && KinesisLocation.IsEndpoint(url)
            ? new EndpointVariable(name, url)
            : throw new KinesisSettingsException(name, $"'{text}' is no http or https address without a query, such as http://127.0.0.1:4567.");
    }
}
