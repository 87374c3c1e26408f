using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Connects the check of all options to .NET's options validation.</summary>
/// <param name="host">The kind of process.</param>
internal sealed class OptionsCheck(BacklogHost host) : IValidateOptions<KplOptions>
{
    public ValidateOptionsResult Validate(string? name, KplOptions options)
    {
        List<string> errors = [
            .. KplOptionsValidator.Validate(options, host).Errors, .. host == BacklogHost.Embedded ? BacklogFolder.FindErrors(options.Backlog) : []];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
