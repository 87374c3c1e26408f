using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Amazon.Runtime.CredentialManagement;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>AWS's environment variables and profile files, as this process sees them.</summary>
/// <param name="profilesLocation">A credentials file to use instead of AWS's own files; null for those, empty for no file.</param>
internal sealed class AwsEnvironment(Func<string, string?> variable, string? profilesLocation)
{
    public static readonly AwsEnvironment Process = new(Environment.GetEnvironmentVariable, null);

    /// <summary>No variables and no files: for what is no service of AWS's.</summary>
    public static readonly AwsEnvironment None = new(static _ => null, "");

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(10);

    private readonly Lock _asking = new();
    private InstanceRegion? _instance;
    private long _askedAt;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string? ProfilesLocation { get; } = profilesLocation;

    /// <summary>Whether there are files to read: AWS's SDK takes an empty location for that of its own.</summary>
    private bool HasFiles => ProfilesLocation != "";

    /// <summary>The region that the instance's metadata names. Where they name none, they are asked again: a process may start before its network.</summary>
    public InstanceRegion Instance
    {
        get
        {
            lock (_asking)
            {
                if (_instance is not { } known || (known.Region is null && Time.GetElapsedTime(_askedAt) >= AskAgain))
                    (_instance, _askedAt) = (InstanceRegion.Ask(this), Time.GetTimestamp());
                return _instance;
            }
        }
    }

    /// <summary>Returns a variable's value without surrounding white space; null if the variable is not set or is empty.</summary>
    public string? Variable(string name) => variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>Returns the profile's name: the setting, else <c>AWS_PROFILE</c>, else <c>default</c>.</summary>
    public string ProfileName(string? setting) => string.IsNullOrWhiteSpace(setting) ? Variable("AWS_PROFILE") ?? "default" : setting;

    /// <exception cref="KinesisSettingsException">The files cannot be read.</exception>
    public bool TryGetProfile(string name, [NotNullWhen(true)] out CredentialProfile? profile)
    {
        profile = HasFiles ? SharedFiles.Read(ProfilesLocation, files => files.TryGetProfile(name, out var found) ? found : null) : null;
        return profile is not null;
    }

    /// <summary>Whether a profile says where its credentials come from.</summary>
    /// <exception cref="KinesisSettingsException">The files cannot be read.</exception>
    public bool HasCredentials(string profile) =>
        HasFiles && SharedFiles.Read(ProfilesLocation, files => files.TryGetAWSCredentials(profile, out _));

    /// <summary>
    /// Tries to read the files: where it cannot, AWS's SDK makes no client at all, whatever the client's own settings are, and finds other credentials.
    /// </summary>
    /// <exception cref="KinesisSettingsException">They cannot be read.</exception>
    public void CheckFiles() => _ = TryGetProfile(ProfileName(null), out _);

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
/// <param name="Source">The variable, or the line of the profile, that has it.</param>
internal sealed record Heeded(string Value, string Source);

/// <summary>The region that EC2's metadata tells (IMDSv2), or why it tells none.</summary>
/// <param name="Why">Why there is none.</param>
internal sealed record InstanceRegion(string? Region, string Why)
{
    private const string Disabled = "AWS_EC2_METADATA_DISABLED";
    private const string Address = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    private const string Mode = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";

    /// <summary>For each of two requests: elsewhere than on an instance nobody answers, and a start waits for this.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(800);

    /// <summary>Asks, and waits for the answer. No proxy is between an instance and its metadata.</summary>
    public static InstanceRegion Ask(AwsEnvironment environment)
    {
        if (bool.TryParse(environment.Variable(Disabled), out var isDisabled) && isDisabled)
            return new(null, $"{Disabled} is true");
        var isIpv6 = "IPv6".Equals(environment.Variable(Mode), StringComparison.OrdinalIgnoreCase);
        var text = environment.Variable(Address) ?? (isIpv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || !KinesisLocation.IsEndpoint(address))
            return new(null, $"{Address} '{text}' is no http address");
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan, BaseAddress = address };
            var token = Send(HttpMethod.Put, "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60");
            return new(Send(HttpMethod.Get, "/latest/meta-data/placement/region", "X-aws-ec2-metadata-token", token), "");

            string Send(HttpMethod method, string path, string header, string value)
            {
                using var limit = new CancellationTokenSource(Limit, environment.Time);
                using var request = new HttpRequestMessage(method, path) { Headers = { { header, value } } };
                using var response = http.Send(request, limit.Token);
                using var reader = new StreamReader(response.EnsureSuccessStatusCode().Content.ReadAsStream());
                return reader.ReadToEnd().Trim();
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException or FormatException)
        {
            var why = error is OperationCanceledException ? $"no answer within {Limit.TotalMilliseconds:0} ms" : error.Message.TrimEnd('.');
            return new(null, $"{text}: {why} ({Disabled}=true leaves it out; in a container its hop limit must be 2)");
        }
    }
}
