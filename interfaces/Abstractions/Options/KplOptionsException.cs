namespace Orleans.Kpl;

/// <summary>Thrown for invalid settings. It carries every error, not only the first.</summary>
public sealed class KplOptionsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errors">The errors; each names its setting, the value and what is allowed.</param>
    public KplOptionsException(IReadOnlyList<string> errors)
        : base(Describe(errors)) => Errors = errors;

    /// <summary>Every error; each names its setting, the value and what is allowed.</summary>
    public IReadOnlyList<string> Errors { get; }

    private static string Describe(IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return errors.Count == 1
            ? errors[0]
            : $"{errors.Count} errors in the settings:{string.Concat(errors.Select(e => Environment.NewLine + "- " + e))}";
    }
}
