using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>
/// Options from a section of the configuration, and what is wrong with the section. Sections of other packages may stand in it too: a
/// program that moves to a cluster keeps its settings.
/// </summary>
internal sealed class SectionOptions(IConfiguration section) : IConfigureOptions<KplOptions>, IValidateOptions<KplOptions>
{
    public void Configure(KplOptions options) => Read(options);

    public ValidateOptionsResult Validate(string? name, KplOptions options)
    {
        var errors = Read(new KplOptions()).Errors;
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>What works, but hardly as meant.</summary>
    public IReadOnlyList<string> ReadWarnings() => Read(new KplOptions()).Warnings;

    private KplOptionsReport Read(KplOptions options) => KplConfiguration.ReadInto(options, section);
}
