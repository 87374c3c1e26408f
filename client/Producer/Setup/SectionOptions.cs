using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>
/// Reads options from a section of the configuration, and reports errors in the section. The section may also contain sections of
/// other packages, so that a program that moves to a cluster keeps its settings.
/// </summary>
internal sealed class SectionOptions(IConfiguration section) : IConfigureOptions<KplOptions>, IValidateOptions<KplOptions>
{
    /// <summary>Has the options of a container read from a section.</summary>
    public static void Use(IServiceCollection services, IConfiguration section)
    {
        var options = new SectionOptions(section);
        services.AddSingleton(options).AddSingleton<IConfigureOptions<KplOptions>>(options).AddSingleton<IValidateOptions<KplOptions>>(options);
    }

    public void Configure(KplOptions options) => Read(options);

    public ValidateOptionsResult Validate(string? name, KplOptions options)
    {
        IReadOnlyList<string> errors = [.. Read(new KplOptions()).Errors, .. KplConfiguration.FindUnknownOfCluster(section)];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>Returns warnings: settings that work, but probably not as intended.</summary>
    public IReadOnlyList<string> ReadWarnings() => [.. FindMissing(), .. Read(new KplOptions()).Warnings];

    /// <summary>Section Kpl may be absent, because every setting has a default; one that the program calls otherwise is probably misspelt there.</summary>
    private IEnumerable<string> FindMissing()
    {
        if (section is IConfigurationSection named && !named.Key.Equals("Kpl", StringComparison.OrdinalIgnoreCase) && !named.Exists())
            yield return $"the configuration has no section {named.Path}, so nothing comes from it";
    }

    private OptionsReport<KplOptions> Read(KplOptions options) => KplConfiguration.ReadInto(options, section);
}

/// <summary>Connects the check of all options to .NET's options validation.</summary>
internal sealed class OptionsCheck(BacklogHost host) : IValidateOptions<KplOptions>
{
    public ValidateOptionsResult Validate(string? name, KplOptions options)
    {
        List<string> errors = [
            .. KplOptionsValidator.Validate(options, host).Errors, .. host == BacklogHost.Embedded ? BacklogFolder.FindErrors(options.Backlog) : []];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
