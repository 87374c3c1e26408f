namespace Orleans.Kpl.Aws.Endpoints;

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
    /// <exception cref="KinesisSettingsException">There is no region, or no such profile.</exception>
    public static AwsRegion Find(string section, string? region, string? profile, bool isLoopback, AwsEnvironment environment)
    {
        var name = environment.ProfileName(profile);
        var hasProfile = environment.TryGetProfile(name, out var found);
        if (!hasProfile && !string.IsNullOrWhiteSpace(profile))
            throw new KinesisSettingsException($"{section}:Profile", $"AWS's shared files have no profile '{name}'.");

        var (value, source) =
            !string.IsNullOrWhiteSpace(region) ? (region.Trim(), $"{section}:Region")
            : environment.Variable("AWS_REGION") is { } variable ? (variable, "AWS_REGION")
            : environment.Variable("AWS_DEFAULT_REGION") is { } second ? (second, "AWS_DEFAULT_REGION")
            : hasProfile && found!.Region?.SystemName is { } ofProfile ? (ofProfile, $"profile {name}")
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
