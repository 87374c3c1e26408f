namespace Orleans.Kpl.Http;

/// <summary>Checks <see cref="KplHttpOptions"/> and names each invalid setting.</summary>
public static class KplHttpOptionsValidator
{
    /// <summary>Returns all errors; empty when the settings are valid.</summary>
    public static IReadOnlyList<string> Validate(KplHttpOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> errors = [.. KplHttpConfiguration.All.Errors(options)];
        if (options.HealthPort > 0 && (options.HealthPort == options.Port || options.HealthPort == options.AdminPort))
            errors.Add($"Kpl:Http:HealthPort is '{options.HealthPort}': it must differ from Kpl:Http:Port and Kpl:Http:AdminPort");
        if (options.AdminPort > 0 && options.AdminPort == options.Port)
            errors.Add($"Kpl:Http:AdminPort is '{options.AdminPort}': it must differ from Kpl:Http:Port");
        return errors;
    }
}
