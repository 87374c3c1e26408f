namespace Orleans.Kpl;

/// <summary>Thrown for invalid settings. It carries every error, not only the first.</summary>
/// <param name="errors">The errors; each names its setting, the value and what is allowed.</param>
public sealed class KplOptionsException(IReadOnlyList<string> errors) : Exception(Describe(errors))
{
    /// <summary>Every error; each names its setting, the value and what is allowed.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;

    private static string Describe(IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return errors.Count == 1
            ? errors[0]
            : $"{errors.Count} errors in the settings:{string.Concat(errors.Select(e => Environment.NewLine + "- " + e))}";
    }
}

/// <summary>Options, with all errors and warnings about them.</summary>
/// <param name="Options">The options. If there are errors, defaults replace values that could not be read.</param>
/// <param name="Errors">All errors; each names its setting, the value and what is allowed.</param>
/// <param name="Warnings">Settings that work, but probably not as intended: settings without effect, values that were capped.</param>
internal sealed record OptionsReport<TOptions>(TOptions Options, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
{
    /// <summary>True when there is no error.</summary>
    public bool IsValid => Errors.Count == 0;

    /// <summary>Returns the options.</summary>
    /// <exception cref="KplOptionsException">There are errors; the exception carries all of them.</exception>
    public TOptions GetOptionsOrThrow() => IsValid ? Options : throw new KplOptionsException(Errors);
}
