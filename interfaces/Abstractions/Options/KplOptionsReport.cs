namespace Orleans.Kpl;

/// <summary>Options, with all errors and warnings about them.</summary>
/// <param name="Options">The options. If there are errors, defaults replace values that could not be read.</param>
/// <param name="Errors">All errors; each names its setting, the value and what is allowed.</param>
/// <param name="Warnings">Settings that work, but probably not as intended: settings without effect, values that were capped.</param>
internal sealed record KplOptionsReport(KplOptions Options, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
{
    /// <summary>True when there is no error.</summary>
    public bool IsValid => Errors.Count == 0;

    /// <summary>Returns the options.</summary>
    /// <exception cref="KplOptionsException">There are errors; the exception carries all of them.</exception>
    public KplOptions GetOptionsOrThrow() => IsValid ? Options : throw new KplOptionsException(Errors);
}
