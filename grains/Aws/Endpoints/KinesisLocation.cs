using Amazon;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>Which Kinesis is spoken to, and as whose region.</summary>
/// <param name="Region">The region that requests are signed for.</param>
/// <param name="RegionSource">Where the region was found, for the log.</param>
/// <param name="Endpoint">The region's own endpoint, or the one that settings name.</param>
/// <param name="IsOverridden">Whether settings name the endpoint.</param>
/// <param name="Partition">The region's partition, such as <c>aws</c> or <c>aws-cn</c>.</param>
/// <param name="DnsSuffix">The suffix of the partition's host names.</param>
internal sealed record KinesisLocation(
    string Region, string RegionSource, Uri Endpoint, bool IsOverridden, string Partition, string DnsSuffix)
{
    public const string RegionSetting = "Kpl:Kinesis:Region";

    private const string EndpointSetting = "Kpl:Kinesis:EndpointUrl";

    private const string ProfileSetting = "Kpl:Kinesis:Profile";

    private const string LoopbackRegion = "us-east-1";

    /// <summary>Whether the endpoint is this machine: then no service beyond it is asked for credentials.</summary>
    public bool IsLoopback => IsOverridden && Endpoint.IsLoopback;

    /// <summary>Finds the region: settings, environment, profile; never in a host name (it may be a VPC endpoint's).</summary>
    /// <exception cref="KinesisSettingsException">There is no region, no such profile, or the endpoint is none.</exception>
    public static KinesisLocation Resolve(KinesisOptions options, AwsEnvironment environment)
    {
        if (options.EndpointUrl is { } url && !(url.IsAbsoluteUri && url.Scheme is "http" or "https" && url.Query.Length == 0))
            throw new KinesisSettingsException(EndpointSetting, $"'{url}' is no http or https address without a query.");

        var profile = environment.ProfileName(options.Profile);
        var hasProfile = environment.TryGetProfile(profile, out var found);
        if (!hasProfile && !string.IsNullOrWhiteSpace(options.Profile))
            throw new KinesisSettingsException(ProfileSetting, $"AWS's shared files have no profile '{profile}'.");

        var loopback = options.EndpointUrl is { IsLoopback: true };
        var (region, source) =
            NotEmpty(options.Region) is { } set ? (set, RegionSetting)
            : environment.Variable("AWS_REGION") is { } variable ? (variable, "AWS_REGION")
            : environment.Variable("AWS_DEFAULT_REGION") is { } second ? (second, "AWS_DEFAULT_REGION")
            : hasProfile && found!.Region?.SystemName is { } ofProfile ? (ofProfile, $"profile {profile}")
            : loopback ? (LoopbackRegion, "default of a loopback endpoint")
            : throw new KinesisSettingsException(
                RegionSetting, "is not set, and neither AWS_REGION, AWS_DEFAULT_REGION nor the profile names a region.");

        if (!region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new KinesisSettingsException(RegionSetting, $"'{region}' (from {source}) is no region.");
        var known = RegionEndpoint.GetBySystemName(region);
        region = known.SystemName;
        var endpoint = options.EndpointUrl ?? new Uri($"https://kinesis.{region}.{known.PartitionDnsSuffix}");
        return new KinesisLocation(region, source, endpoint, options.EndpointUrl is not null, known.PartitionName, known.PartitionDnsSuffix);
    }

    private static string? NotEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
