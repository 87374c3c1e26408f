using System.Diagnostics.CodeAnalysis;
using Amazon.Runtime.CredentialManagement;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>AWS's environment variables and profile files, as this process sees them.</summary>
/// <param name="profilesLocation">A credentials file to use instead of AWS's own files; null for those.</param>
internal sealed class AwsEnvironment(Func<string, string?> variable, string? profilesLocation)
{
    public static readonly AwsEnvironment Process = new(Environment.GetEnvironmentVariable, null);

    public string? ProfilesLocation { get; } = profilesLocation;

    /// <summary>Returns a variable's value without surrounding white space; null if the variable is not set or is empty.</summary>
    public string? Variable(string name) => variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>Returns the profile's name: the setting, else <c>AWS_PROFILE</c>, else <c>default</c>.</summary>
    public string ProfileName(string? setting) => string.IsNullOrWhiteSpace(setting) ? Variable("AWS_PROFILE") ?? "default" : setting;

    public bool TryGetProfile(string name, [NotNullWhen(true)] out CredentialProfile? profile) =>
        Profiles().TryGetProfile(name, out profile) && profile is not null;

    public CredentialProfileStoreChain Profiles() => new(ProfilesLocation);
}

/// <summary>A region, and where it was found.</summary>
/// <param name="Name">Such as <c>eu-west-1</c>.</param>
/// <param name="Source">Where it was found, for the log.</param>
internal sealed record AwsRegion(string Name, string Source)
{
    private const string LoopbackRegion = "us-east-1";

    /// <summary>Finds the region in settings, environment or profile; never in a host name, which may be a VPC endpoint's.</summary>
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
            : throw new KinesisSettingsException(
                $"{section}:Region", "is not set, and neither AWS_REGION, AWS_DEFAULT_REGION nor the profile names a region.");

        return value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? new AwsRegion(value, source)
            : throw new KinesisSettingsException($"{section}:Region", $"'{value}' (from {source}) is no region.");
    }
}

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
