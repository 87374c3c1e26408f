using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Check;

/// <summary>
/// Tells what is wrong with the files of certificates that the settings of a tier or a silo name, and those that <c>kpl</c> shows and believes.
/// </summary>
internal static class CertificateLines
{
    /// <summary>A certificate that ends sooner is told of: long enough to get another one.</summary>
    private static readonly TimeSpan NearEnd = TimeSpan.FromDays(7);

    /// <summary>Returns the lines; none where no file is named.</summary>
    public static IEnumerable<KplCheckLine> Of(CliHost host, IConfiguration configuration) =>
        ((string[])["Kpl:Http", "Kpl:Cluster"]).Select(section => FilesOf(host, configuration.GetSection(section))).OfType<TlsFiles>()
            .SelectMany(files => Of(files, host.Time.GetUtcNow())).Concat(OfTier(host));

    private static TlsFiles? FilesOf(CliHost host, IConfigurationSection section)
    {
        return PathOf(nameof(TlsFiles.CertificateFile)) is not { } certificate ? null : new TlsFiles
        {
            Section = section.Path,
            CertificateFile = certificate,
            CertificateKeyFile = PathOf(nameof(TlsFiles.CertificateKeyFile)),
            SiloCaCertFile = PathOf(nameof(TlsFiles.SiloCaCertFile)),
            ClientCaCertFile = PathOf(nameof(TlsFiles.ClientCaCertFile)),
        };

        string? PathOf(string name) => section[name] is { Length: > 0 } path ? host.PathOf(path) : null;
    }

    private static IEnumerable<KplCheckLine> Of(TlsFiles files, DateTimeOffset now)
    {
        var reading = files.Read(now);
        if (reading.State is not { } state)
            return reading.Errors.Select(Failed);
        var open = reading.IsKeyOpen ? "; every user of this machine may read its key" : "";
        return [Good($"{files.Section}:{nameof(TlsFiles.CertificateFile)} '{files.CertificateFile}'", state.Own, now, open)];
    }

    private static IEnumerable<KplCheckLine> OfTier(CliHost host)
    {
        var errors = new List<string>();
        var read = TierCertificates.Read(host, errors);
        foreach (var error in errors)
            yield return Failed(error);
        if (read.Own is { } own)
            yield return Good(TierCertificates.OwnVariable, own, host.Time.GetUtcNow(), "");
    }

    private static KplCheckLine Good(string what, OwnCertificate own, DateTimeOffset now, string more)
    {
        var soon = own.NotAfter - now < NearEnd ? ", which is soon" : "";
        return new KplCheckLine
        {
            Name = "certificate", Status = KplCheckStatus.Passed,
            Message = $"{what} is {own.Certificate.Subject} until {own.NotAfter.ToUniversalTime():u}{soon}{more}",
        };
    }

    private static KplCheckLine Failed(string error) =>
        new() { Name = "certificate", Status = KplCheckStatus.Failed, Message = error.TrimEnd('.'), Advice = "put a file in place that can be used" };
}
