using System.Globalization;
using System.Net;
using Orleans.Kpl.Http.Guarding;

namespace Orleans.Kpl.Http;

/// <summary>Checks <see cref="KplHttpOptions"/> and names each invalid setting.</summary>
public static class KplHttpOptionsValidator
{
    /// <summary>Returns all errors; empty when the settings are valid.</summary>
    public static IReadOnlyList<string> Validate(KplHttpOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        if (!IPAddress.TryParse(options.Address, out _))
            errors.Add($"Kpl:Http:Address '{options.Address}' is not an IP address");
        Range(nameof(options.Port), options.Port, 0, 65_535);
        if (string.IsNullOrEmpty(options.DefaultStream))
            errors.Add("Kpl:Http:DefaultStream must not be empty");
        foreach (var stream in options.Streams)
        {
            if (!StreamList.IsFit(stream))
                errors.Add($"Kpl:Http:Streams '{stream}' names no stream: a name, an ARN, or the beginning of one before * is expected");
        }

        foreach (var host in options.Hosts)
        {
            if (!HostList.IsFit(host))
                errors.Add($"Kpl:Http:Hosts '{host}' is not a host name: one without port, such as kpl.example.com or *.example.com, is expected");
        }

        Range(nameof(options.MaxBodyBytes), options.MaxBodyBytes, 1_024, 1L << 30);
        Range(nameof(options.MaxBodyMemory), options.MaxBodyMemory, 0, 1L << 40);
        Time(nameof(options.BodyTimeout), options.BodyTimeout, 1);
        Range(nameof(options.MaxRecords), options.MaxRecords, 1, 10_000_000);
        if (options.DrainDelay < TimeSpan.Zero || options.DrainDelay > TimeSpan.FromMinutes(10))
            errors.Add($"Kpl:Http:DrainDelay {options.DrainDelay} must be between 0 and 10 minutes");
        Time(nameof(options.AcceptTimeout), options.AcceptTimeout, 0);
        Range(nameof(options.MaxConnections), options.MaxConnections, 1, 1_000_000);
        Range(nameof(options.MaxConnectionsPerAddress), options.MaxConnectionsPerAddress, 0, 1_000_000);
        foreach (var proxy in options.TrustedProxies)
        {
            if (!TrustedProxies.IsFit(proxy))
                errors.Add($"Kpl:Http:TrustedProxies '{proxy}' is neither an address nor a network such as 10.0.0.0/8");
        }

        Range(nameof(options.HealthPort), options.HealthPort, -1, 65_535);
        if (options.HealthPort > 0 && (options.HealthPort == options.Port || options.HealthPort == options.AdminPort))
            errors.Add($"Kpl:Http:HealthPort {options.HealthPort} is that of records or of administration: it must be another one");
        Time(nameof(options.RetryAfter), options.RetryAfter, 1);
        if (!IPAddress.TryParse(options.AdminAddress, out var admin))
            errors.Add($"Kpl:Http:AdminAddress '{options.AdminAddress}' is not an IP address");
        else if (!IPAddress.IsLoopback(admin))
            errors.Add($"Kpl:Http:AdminAddress '{options.AdminAddress}' must be an address of loopback: whoever reaches it may do everything");
        Range(nameof(options.AdminPort), options.AdminPort, -1, 65_535);
        if (options.AdminPort > 0 && options.AdminPort == options.Port)
            errors.Add($"Kpl:Http:AdminPort {options.AdminPort} is Kpl:Http:Port: it must be another one");
        return errors;

        void Time(string name, TimeSpan value, int leastSeconds)
        {
            if (value < TimeSpan.FromSeconds(leastSeconds) || value > TimeSpan.FromHours(1))
                errors.Add($"Kpl:Http:{name} {value} must be between {leastSeconds} second{(leastSeconds == 1 ? "" : "s")} and 1 hour");
        }

        void Range(string name, long value, long min, long max)
        {
            if (value < min || value > max)
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"Kpl:Http:{name} {value} must be between {min} and {max}"));
        }
    }
}
