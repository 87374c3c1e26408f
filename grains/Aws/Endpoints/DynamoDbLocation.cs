namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The DynamoDB that requests go to.</summary>
/// <param name="Region">The region that requests are signed for.</param>
/// <param name="RegionSource">Where the region was found, for the log.</param>
/// <param name="ServiceUrl">The endpoint that settings name; null for the region's own.</param>
internal sealed record DynamoDbLocation(string Region, string RegionSource, Uri? ServiceUrl)
{
    private const string Section = "Kpl:DynamoDb";

    /// <summary>Whether the endpoint is on this machine; if so, no service on another machine is asked for credentials.</summary>
    public bool IsLoopback => ServiceUrl is { IsLoopback: true };

    /// <summary>Finds the region in settings, environment or profile.</summary>
    /// <exception cref="KinesisSettingsException">There is no region, or no such profile.</exception>
    public static DynamoDbLocation Resolve(KplDynamoDbOptions options, AwsEnvironment environment)
    {
        var region = AwsRegion.Find(Section, options.Region, options.Profile, options.ServiceUrl is { IsLoopback: true }, environment);
        return new DynamoDbLocation(region.Name, region.Source, options.ServiceUrl);
    }
}
