using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Amazon.Runtime.CredentialManagement;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>AWS's environment variables and profile files, as this process sees them.</summary>
/// <param name="profilesLocation">A credentials file to use instead of AWS's own files; null for those.</param>
internal sealed class AwsEnvironment(Func<string, string?> variable, string? profilesLocation)
{
    public static readonly AwsEnvironment Process = new(Environment.GetEnvironmentVariable, null);

    /// <summary>No variables and no files: for what is no service of AWS's.</summary>
    public static readonly AwsEnvironment None = new(static _ => null, "");

    private InstanceRegion? _instance;

    public string? ProfilesLocation { get; } = profilesLocation;

    /// <summary>The region that the instance's metadata names; they are asked once.</summary>
    public InstanceRegion Instance => LazyInitializer.EnsureInitialized(ref _instance, () => InstanceRegion.Ask(this));

    /// <summary>Returns a variable's value without surrounding white space; null if the variable is not set or is empty.</summary>
    public string? Variable(string name) => variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>Returns the profile's name: the setting, else <c>AWS_PROFILE</c>, else <c>default</c>.</summary>
    public string ProfileName(string? setting) => string.IsNullOrWhiteSpace(setting) ? Variable("AWS_PROFILE") ?? "default" : setting;

    public bool TryGetProfile(string name, [NotNullWhen(true)] out CredentialProfile? profile) =>
        Profiles().TryGetProfile(name, out profile) && profile is not null;

    public CredentialProfileStoreChain Profiles() => new(ProfilesLocation);

    /// <summary>Reads what AWS's SDK keeps to itself of a profile.</summary>
    /// <param name="setting">The profile that settings name; null for that of the environment.</param>
    /// <exception cref="KinesisSettingsException">A file cannot be read.</exception>
    public ProfileLines Lines(string? setting) => ProfileLines.Read(this, ProfileName(setting));

    /// <summary>Finds a value in the order that AWS gives: the variable, then the profile's line.</summary>
    /// <exception cref="KinesisSettingsException">A file cannot be read.</exception>
    public Heeded? Find(string name, string key, string? profile) =>
        Variable(name) is { } value ? new Heeded(value, name) : Lines(profile).Find(key);

    /// <summary>Finds a switch; null where nothing turns it on.</summary>
    /// <exception cref="KinesisSettingsException">It is neither <c>true</c> nor <c>false</c>, or a file cannot be read.</exception>
    public Heeded? FindSwitch(string name, string key, string? profile) => Find(name, key, profile) switch
    {
        null => null,
        var found when bool.TryParse(found.Value, out var isOn) => isOn ? found : null,
        var found => throw new KinesisSettingsException(found.Source, $"'{found.Value}' is neither true nor false."),
    };

    /// <summary>Finds how often AWS's SDK may try a call; null where nothing says.</summary>
    /// <exception cref="KinesisSettingsException">It is no number from 1.</exception>
    public int? FindAttempts(string? profile) => Find("AWS_MAX_ATTEMPTS", "max_attempts", profile) switch
    {
        null => null,
        var found when int.TryParse(found.Value, CultureInfo.InvariantCulture, out var attempts) && attempts > 0 => attempts,
        var found => throw new KinesisSettingsException(found.Source, $"'{found.Value}' is no whole number from 1."),
    };

    /// <summary>Finds the file of certificate authorities.</summary>
    /// <exception cref="KinesisSettingsException">A file of profiles cannot be read.</exception>
    public Heeded? FindBundle(string? profile) => Find("AWS_CA_BUNDLE", "ca_bundle", profile);
}

/// <summary>A value of AWS's environment that counts.</summary>
/// <param name="Value">The value.</param>
/// <param name="Source">The variable, or the line of the profile, that has it.</param>
internal sealed record Heeded(string Value, string Source);
