using Amazon.Runtime.Internal.Endpoints.StandardLibrary;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>
/// A service of AWS that is called here, and how its hosts are spelled. Partitions and suffixes are AWSSDK.Core's; the rest is from
/// https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html and https://aws.amazon.com/compliance/fips/.
/// </summary>
/// <param name="Id">What ends <c>AWS_ENDPOINT_URL_</c>; in small letters the name in a profile's <c>services</c> section.</param>
/// <param name="Prefix">What its hosts begin with.</param>
/// <param name="InGovernment">Which FIPS hosts of GovCloud have no <c>-fips</c>.</param>
internal sealed record AwsService(string Name, string Id, string Prefix, PlainFips InGovernment)
{
    public static readonly AwsService Kinesis = new("Kinesis", "KINESIS", "kinesis", PlainFips.Single);
    public static readonly AwsService CloudWatch = new("CloudWatch", "CLOUDWATCH", "monitoring", PlainFips.Both);
    public static readonly AwsService Glue = new("Glue", "GLUE", "glue", PlainFips.None);
    public static readonly AwsService DynamoDb = new("DynamoDB", "DYNAMODB", "dynamodb", PlainFips.Single);
    public static readonly AwsService Sts = new("STS", "STS", "sts", PlainFips.Single);

    /// <summary>The service's host in a region.</summary>
    public Uri UrlIn(string region, HostVariant variant)
    {
        var partition = Fn.Partition(region);
        var isPlain = partition.name == "aws-us-gov" && (variant.IsDualStack ? InGovernment == PlainFips.Both : InGovernment != PlainFips.None);
        return new Uri($"https://{Prefix}{(isPlain ? "" : variant.FipsMark)}.{region}.{variant.SuffixIn(region)}");
    }
}

/// <summary>Which FIPS hosts of a service in GovCloud are called as the others.</summary>
internal enum PlainFips
{
    /// <summary>None.</summary>
    None,

    /// <summary>The host of IPv4 alone.</summary>
    Single,

    /// <summary>The hosts of IPv4 and of both stacks.</summary>
    Both,
}

/// <summary>Which of a service's hosts the environment asks for.</summary>
/// <param name="Fips">What asks for FIPS; null where nothing does.</param>
/// <param name="DualStack">What asks for IPv6 beside IPv4; null where nothing does.</param>
internal readonly record struct HostVariant(Heeded? Fips, Heeded? DualStack)
{
    public bool IsFips => Fips is not null;

    public bool IsDualStack => DualStack is not null;

    /// <summary>The mark behind the service's prefix in the name of a FIPS endpoint.</summary>
    public string FipsMark => IsFips ? "-fips" : "";

    /// <summary>Reads the switches.</summary>
    /// <exception cref="KinesisSettingsException">One is neither <c>true</c> nor <c>false</c>.</exception>
    public static HostVariant Find(string? profile, AwsEnvironment environment) => new(
        environment.FindSwitch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", profile),
        environment.FindSwitch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", profile));

    /// <summary>The suffix of the region's hosts.</summary>
    /// <exception cref="KinesisSettingsException">The region's partition has no such hosts.</exception>
    public string SuffixIn(string region)
    {
        var partition = Fn.Partition(region);
        if (Fips is { } fips && !partition.supportsFIPS)
            throw new KinesisSettingsException(fips.Source, $"partition {partition.name} of region {region} has no FIPS endpoints.");
        if (DualStack is { } both && !partition.supportsDualStack)
            throw new KinesisSettingsException(both.Source, $"partition {partition.name} of region {region} has no endpoints for IPv6.");
        return IsDualStack ? partition.dualStackDnsSuffix : partition.dnsSuffix;
    }
}

/// <summary>An endpoint that a setting or AWS's environment names.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Source">The setting, variable or line that names it.</param>
internal sealed record NamedEndpoint(Uri Url, string Source)
{
    private const string All = "AWS_ENDPOINT_URL";
    private const string Key = "endpoint_url";

    /// <summary>
    /// Finds the endpoint of a service as each of AWS's SDKs does: variables before the profile, and in both that of the service before that of all.
    /// </summary>
    /// <exception cref="KinesisSettingsException">What counts has no address, or FIPS or dual stack is asked for beside it.</exception>
    public static NamedEndpoint? Find(AwsService service, string? profile, AwsEnvironment environment)
    {
        if (environment.FindSwitch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", profile) is not null)
            return null;
        var found = OfVariable($"{All}_{service.Id}") ?? OfVariable(All);
        if (found is null)
        {
            var lines = environment.Lines(profile);
            found = lines.FindOfService(service.Id.ToLowerInvariant(), Key) ?? lines.Find(Key);
        }

        if (found is null)
            return null;
        // As for a setting; and the address stands in logs, answers and pages.
        if (found.Value.Contains('@', StringComparison.Ordinal))
            throw new KinesisSettingsException(found.Source, "has a user or a password in it, which no call would send: leave them out.");
        if (!Uri.TryCreate(found.Value, UriKind.Absolute, out var url) || !KinesisLocation.IsEndpoint(url))
            throw new KinesisSettingsException(
                found.Source, $"'{found.Value}' is no http or https address without a query, such as http://127.0.0.1:4567.");
        var variant = HostVariant.Find(profile, environment);
        return (variant.Fips ?? variant.DualStack) is { } other
            ? throw new KinesisSettingsException(other.Source, $"is true, and {found.Source} names an endpoint: AWS takes one of the two.")
            : new NamedEndpoint(url, found.Source);

        Heeded? OfVariable(string name) => environment.Variable(name) is { } value ? new Heeded(value, name) : null;
    }
}
