using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Puts the check of all options into .NET's.</summary>
/// <param name="host">Which kind of process it is.</param>
internal sealed class OptionsCheck(BacklogHost host) : IValidateOptions<KplOptions>
{
    public ValidateOptionsResult Validate(string? name, KplOptions options)
    {
        List<string> errors = [
            .. KplOptionsValidator.Validate(options, host).Errors, .. host == BacklogHost.Embedded ? BacklogFolder.FindErrors(options.Backlog) : []];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
