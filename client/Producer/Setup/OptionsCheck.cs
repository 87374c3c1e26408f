using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Puts the check of all options into .NET's.</summary>
/// <param name="place">Where the backlog of the process lies.</param>
internal sealed class OptionsCheck(BacklogPlace place) : IValidateOptions<KplOptions>
{
    public ValidateOptionsResult Validate(string? name, KplOptions options)
    {
        List<string> errors = [.. KplOptionsValidator.Validate(options, place).Errors, .. place == BacklogPlace.Directory ? BacklogFolder.FindErrors(options.Backlog) : []];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
