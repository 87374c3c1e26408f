using System.Net;

namespace Orleans.Kpl.LocalKinesis;

/// <summary>Checks settings and names each one that is wrong.</summary>
public static class LocalKinesisOptionsValidator
{
    /// <summary>All errors at once; empty when the settings can be used.</summary>
    public static IReadOnlyList<string> Validate(LocalKinesisOptions options)
    {
        var errors = new List<string>();
        Port(nameof(options.Port), options.Port);
        if (options.TlsPort is { } tls) Port(nameof(options.TlsPort), tls);
        if (options.TlsPort > 0 && options.TlsPort == options.Port) Add(nameof(options.TlsPort), "must differ from Port");
        if (options.TlsCertificateFile is { } file)
        {
            if (options.TlsPort is null) Add(nameof(options.TlsCertificateFile), "needs TlsPort");
            if (string.IsNullOrWhiteSpace(file)) Add(nameof(options.TlsCertificateFile), "must not be empty");
            else if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
                Add(nameof(options.TlsCertificateFile), $"'{file}' is in a folder that does not exist");
        }
        if (!IPAddress.TryParse(options.Address, out _)) Add(nameof(options.Address), $"'{options.Address}' is not an IP address");
        if (options.CheckSignatures is { } key)
        {
            if (string.IsNullOrEmpty(key.AccessKeyId)) Add(nameof(options.CheckSignatures), "needs an access key id");
            if (string.IsNullOrEmpty(key.SecretAccessKey)) Add(nameof(options.CheckSignatures), "needs a secret access key");
        }
        if (options.LimitModel is null) Add(nameof(options.LimitModel), "must be set");
        if (options.TimeProvider is null) Add(nameof(options.TimeProvider), "must be set");
        Span(nameof(options.ArrivalJitter), options.ArrivalJitter, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        if (options.RetentionBytes < 1 << 20) Add(nameof(options.RetentionBytes), "must be at least 1 MiB");
        if (!Enum.IsDefined(options.Account)) Add(nameof(options.Account), "is not a mode");
        if (options.ShardLimit < 1) Add(nameof(options.ShardLimit), "must be at least 1");
        if (options.Sizes is null) Add(nameof(options.Sizes), "must be set");
        else if (options.Sizes.MaxRecordBytes < SizeLimits.DefaultRecordBytes
            || options.Sizes.MaxRequestBytes < options.Sizes.MaxRecordBytes
            || options.Sizes.MaxRequestBytes > SizeLimits.Today.MaxRequestBytes)
            Add(nameof(options.Sizes), "must have 1 MiB <= MaxRecordBytes <= MaxRequestBytes <= 10 MiB");
        var day = TimeSpan.FromDays(1);
        Span(nameof(options.CreatingTime), options.CreatingTime, TimeSpan.Zero, day);
        Span(nameof(options.DeletingTime), options.DeletingTime, TimeSpan.Zero, day);
        if (options.Reshards is null) Add(nameof(options.Reshards), "must be set");
        else foreach (var error in options.Reshards.Check()) Add(nameof(options.Reshards), error);
        Span(nameof(options.OnDemandSplitAfter), options.OnDemandSplitAfter, TimeSpan.Zero, day);
        Span(nameof(options.IteratorLifetime), options.IteratorLifetime, TimeSpan.FromMilliseconds(1), day);
        Span(nameof(options.NextTokenLifetime), options.NextTokenLifetime, TimeSpan.FromMilliseconds(1), day);
        return errors;

        void Add(string setting, string what) => errors.Add($"{setting} {what}.");

        void Port(string setting, int port)
        {
            if (port is < 0 or > 65_535) Add(setting, $"{port} is not a port: 0 (a free one) to 65535");
        }

        void Span(string setting, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most) Add(setting, $"{value} is outside {least} to {most}");
        }
    }
}
