using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Puts the check of all options into .NET's.</summary>
internal sealed class OptionsCheck : IValidateOptions<KplOptions>
{
    public ValidateOptionsResult Validate(string? name, KplOptions options)
    {
        var errors = KplOptionsValidator.Validate(options).Errors;
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
