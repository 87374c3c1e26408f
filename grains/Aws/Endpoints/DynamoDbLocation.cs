namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The DynamoDB that requests go to.</summary>
/// <param name="Region">The region that requests are signed for.</param>
/// <param name="ServiceUrl">The endpoint that settings or the environment name; null for the region's own.</param>
internal sealed record DynamoDbLocation(string Region, Uri? ServiceUrl)
{
    private const string Section = "Kpl:DynamoDb";

    /// <summary>Whether the endpoint is on this machine; if so, no service on another machine is asked for credentials.</summary>
    public bool IsLoopback => ServiceUrl is { IsLoopback: true };

    /// <summary>Which of the region's hosts the environment asks for.</summary>
    public HostVariant Variant { get; private init; }

    /// <summary>AWS's variables and files.</summary>
    public AwsEnvironment Environment { get; private init; } = AwsEnvironment.None;

    /// <summary>Finds the endpoint in settings, else in AWS's environment, and the region in settings, environment or profile.</summary>
    /// <exception cref="KinesisSettingsException">
    /// There is no region, or no such profile, or it has no credentials though settings have none, or what the environment names is no address, or AWS's
    /// shared files cannot be read.
    /// </exception>
    public static DynamoDbLocation Resolve(KplDynamoDbOptions options, AwsEnvironment environment)
    {
        environment.CheckFiles();
        var found = KinesisLocation.Resolve(AwsService.DynamoDb, Section, Section + ":ServiceUrl", SettingsOf(options), environment);
        // AWS's chain would find others instead: perhaps those of another account, with tables of that name.
        if (!found.IsLoopback && string.IsNullOrEmpty(options.AccessKeyId) && options.Profile is { Length: > 0 } profile
            && !environment.HasCredentials(profile))
            throw new KinesisSettingsException(Section + ":Profile", $"profile '{profile}' has no credentials.");
        return new DynamoDbLocation(found.Region, found.IsOverridden ? found.Endpoint : null)
        {
            Variant = found.Variant, Environment = environment,
        };
    }

    /// <summary>The settings that decide how DynamoDB is reached, as those of Kinesis.</summary>
    public static KinesisOptions SettingsOf(KplDynamoDbOptions options) =>
        new() { EndpointUrl = options.ServiceUrl, Region = options.Region, Profile = options.Profile };
}
