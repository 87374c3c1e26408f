namespace Orleans.Kpl;

/// <summary>Describes one setting.</summary>
internal abstract class KplSetting
{
    private protected KplSetting(string name, KplSettingScope scope, string description, params string[] aliases)
    {
        Name = name;
        Scope = scope;
        Description = description;
        Aliases = aliases;
    }

    /// <summary>The name relative to section <c>Kpl</c>, such as <c>RecordTtl</c> or <c>Kinesis:Region</c>.</summary>
    public string Name { get; }

    /// <summary>Where the setting may appear.</summary>
    public KplSettingScope Scope { get; }

    /// <summary>What the setting does; if it has no effect, why.</summary>
    public string Description { get; }

    /// <summary>Other names for the same setting, relative to section <c>Kpl</c>: KPL's own spellings.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>The default as text; empty for none.</summary>
    public abstract string Default { get; }

    /// <summary>The allowed values as text; empty if there is no restriction.</summary>
    public abstract string Range { get; }

    /// <summary>The value that larger ones are taken as, in words; null where there is none.</summary>
    public virtual string? Cap => null;

    /// <summary>Whether the value must not be shown.</summary>
    public bool IsSecret { get; private protected init; }
}
