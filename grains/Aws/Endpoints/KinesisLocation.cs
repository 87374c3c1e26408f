using Amazon;
using Amazon.Runtime.Internal.Endpoints.StandardLibrary;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The endpoint that requests go to, and the region that they are signed for: of Kinesis, or of another service.</summary>
/// <param name="Region">The region that requests are signed for.</param>
/// <param name="RegionSource">Where the region was found, for the log.</param>
/// <param name="Endpoint">The region's own endpoint, or the one that settings or the environment name.</param>
/// <param name="IsOverridden">Whether settings or the environment name the endpoint.</param>
/// <param name="Partition">The region's partition, such as <c>aws</c> or <c>aws-cn</c>.</param>
/// <param name="DnsSuffix">The suffix of the region's host names.</param>
internal sealed record KinesisLocation(
    string Region, string RegionSource, Uri Endpoint, bool IsOverridden, string Partition, string DnsSuffix)
{
    public const string RegionSetting = "Kpl:Kinesis:Region";

    private const string Section = "Kpl:Kinesis";

    private const string EndpointSetting = Section + ":EndpointUrl";

    private const string CertificateSetting = Section + ":VerifyCertificate";

    /// <summary>The endings of the names of AWS's own endpoints, also those for IPv6 and of other partitions than the region's.</summary>
    private static readonly string[] OfAws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"];

    /// <summary>Whether the endpoint is one of AWS's own, be it a VPC endpoint that settings name.</summary>
    public bool IsOfAws => OfAws.Append("." + DnsSuffix).Any(e => Endpoint.Host.TrimEnd('.').EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the endpoint is on this machine; if so, no service on another machine is asked for credentials.</summary>
    public bool IsLoopback => IsOverridden && Endpoint.IsLoopback;

    /// <summary>The variable or line of AWS's environment that names the endpoint; null where a setting does, or nothing does.</summary>
    public string? EndpointVariable { get; private init; }

    /// <summary>Which of the region's hosts the environment asks for; none where the endpoint is named.</summary>
    public HostVariant Variant { get; private init; }

    /// <summary>The parts of AWS's environment that decided on the endpoint; empty where it had no say.</summary>
    public IEnumerable<string> Deciders => new[] { EndpointVariable, Variant.Fips?.Source, Variant.DualStack?.Source }.OfType<string>();

    /// <summary>Finds the endpoint of Kinesis.</summary>
    /// <exception cref="KinesisSettingsException">As for every service.</exception>
    public static KinesisLocation Resolve(KinesisOptions options, AwsEnvironment environment) => Resolve(AwsService.Kinesis, options, environment);

    /// <summary>
    /// Finds the endpoint of a service that has the settings of Kinesis, or such settings of its own: in the settings, else in AWS's environment.
    /// </summary>
    /// <exception cref="KinesisSettingsException">There is no region, no such profile, AWS's files cannot be read, the endpoint is not a valid address, or
    /// Kinesis is AWS's own and its certificate is not to be checked.</exception>
    public static KinesisLocation Resolve(AwsService service, KinesisOptions options, AwsEnvironment environment)
    {
        var location = Resolve(service, Section, EndpointSetting, options, environment);
        if (!options.VerifyCertificate && location.IsOfAws && service == AwsService.Kinesis)
            throw new KinesisSettingsException(
                CertificateSetting, $"must be true for AWS's own endpoint {location.Endpoint.Host}: anybody on the way could take its place.");
        return location;
    }

    /// <summary>Does the same for settings of another section.</summary>
    /// <param name="section">The section of the settings, such as <c>Kpl:DynamoDb</c>.</param>
    /// <param name="endpointSetting">The setting that names the endpoint.</param>
    /// <param name="options">The settings; region, profile and endpoint count.</param>
    /// <exception cref="KinesisSettingsException">As for every service.</exception>
    public static KinesisLocation Resolve(AwsService service, string section, string endpointSetting, KinesisOptions options, AwsEnvironment environment)
    {
        if (options.EndpointUrl is { } set && !IsEndpoint(set))
            throw new KinesisSettingsException(endpointSetting, $"'{set}' is no http or https address without a query.");
        var variable = options.EndpointUrl is null ? NamedEndpoint.Find(service, options.Profile, environment) : null;
        var url = options.EndpointUrl ?? variable?.Url;
        var (region, source) = AwsRegion.Find(section, options.Region, options.Profile, url is { IsLoopback: true }, environment);
        region = RegionEndpoint.GetBySystemName(region).SystemName;
        var variant = url is null ? HostVariant.Find(options.Profile, environment) : default;
        return new KinesisLocation(
            region, source, url ?? service.UrlIn(region, variant), url is not null, Fn.Partition(region).name, variant.SuffixIn(region))
        {
            EndpointVariable = variable?.Source, Variant = variant,
        };
    }

    /// <summary>Whether calls can go to an address.</summary>
    public static bool IsEndpoint(Uri url) => url.IsAbsoluteUri && url.Scheme is "http" or "https" && url.Query.Length == 0;
}

/// <summary>A setting, or a variable of AWS's environment, with which no call can be made.</summary>
internal sealed class KinesisSettingsException(string setting, string reason) : InvalidOperationException($"{setting}: {reason}")
{
    /// <summary>The setting's key, such as <c>Kpl:Kinesis:Region</c>, or the variable.</summary>
    public string Setting { get; } = setting;
}

/// <summary>A region, and where it was found.</summary>
/// <param name="Name">Such as <c>eu-west-1</c>.</param>
/// <param name="Source">Where it was found, for the log.</param>
internal sealed record AwsRegion(string Name, string Source)
{
    private const string LoopbackRegion = "us-east-1";

    /// <summary>
    /// Finds the region in settings, environment, profile or the instance's metadata; never in a host name, which may be a VPC endpoint's.
    /// </summary>
    /// <param name="section">The section of the settings, such as <c>Kpl:Kinesis</c>.</param>
    /// <param name="region">The setting <c>Region</c> there.</param>
    /// <param name="profile">The setting <c>Profile</c> there.</param>
    /// <param name="isLoopback">Whether the endpoint is this machine, where the region does not matter.</param>
    /// <param name="environment">AWS's variables and files.</param>
    /// <exception cref="KinesisSettingsException">There is no region, or no such profile, or AWS's files cannot be read.</exception>
    public static AwsRegion Find(string section, string? region, string? profile, bool isLoopback, AwsEnvironment environment)
    {
        var name = environment.ProfileName(profile);
        if (!string.IsNullOrWhiteSpace(profile) && !environment.TryGetProfile(name, out _))
            throw new KinesisSettingsException($"{section}:Profile", $"AWS's shared files have no profile '{name}'.");

        var (value, source) =
            !string.IsNullOrWhiteSpace(region) ? (region.Trim(), $"{section}:Region")
            : environment.Variable("AWS_REGION") is { } variable ? (variable, "AWS_REGION")
            : environment.Variable("AWS_DEFAULT_REGION") is { } second ? (second, "AWS_DEFAULT_REGION")
            : environment.TryGetProfile(name, out var found) && found.Region?.SystemName is { } ofProfile ? (ofProfile, $"profile {name}")
            : environment.Lines(profile).Find("region") is { } line ? (line.Value, line.Source)
            : isLoopback ? (LoopbackRegion, "default of a loopback endpoint")
            : environment.Instance.Region is { } ofInstance ? (ofInstance, "EC2's metadata")
            : throw new KinesisSettingsException(
                $"{section}:Region",
                $"is not set, and neither AWS_REGION, AWS_DEFAULT_REGION nor the profile names a region; EC2's metadata does not either: {environment.Instance.Why}.");

        return value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? new AwsRegion(value, source)
            : throw new KinesisSettingsException($"{section}:Region", $"'{value}' (from {source}) is no region.");
    }
}
