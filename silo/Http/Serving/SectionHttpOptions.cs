using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The settings of the endpoints in an application, from its section <c>Kpl</c>.</summary>
internal sealed class SectionHttpOptions(IConfiguration kplSection) : IConfigureOptions<KplHttpOptions>, IValidateOptions<KplHttpOptions>
{
    public void Configure(KplHttpOptions options) => KplHttpConfiguration.ReadForApplication(options, Section);

    public ValidateOptionsResult Validate(string? name, KplHttpOptions options) =>
        KplHttpConfiguration.ReadForApplication(new KplHttpOptions(), Section) is { Count: > 0 } errors
            ? ValidateOptionsResult.Fail(errors)
            : ValidateOptionsResult.Success;

    private IConfigurationSection Section => kplSection.GetSection(KplHttpConfiguration.SectionName);
}
