using System.Globalization;
using System.Net;

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
        Range(nameof(options.MaxBodyBytes), options.MaxBodyBytes, 1_024, 1L << 30);
        Range(nameof(options.MaxRecords), options.MaxRecords, 1, 10_000_000);
        if (options.RetryAfter < TimeSpan.FromSeconds(1) || options.RetryAfter > TimeSpan.FromHours(1))
            errors.Add($"Kpl:Http:RetryAfter {options.RetryAfter} must be between 1 second and 1 hour");
        if (options.DrainDelay < TimeSpan.Zero || options.DrainDelay > TimeSpan.FromMinutes(10))
            errors.Add($"Kpl:Http:DrainDelay {options.DrainDelay} must be between 0 and 10 minutes");
        return errors;

        void Range(string name, long value, long min, long max)
        {
            if (value < min || value > max)
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"Kpl:Http:{name} {value} must be between {min} and {max}"));
        }
    }
}
