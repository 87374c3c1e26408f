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
