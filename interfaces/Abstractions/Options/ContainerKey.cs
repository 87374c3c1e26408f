namespace Orleans.Kpl;

/// <summary>The partition key that an aggregate travels under.</summary>
public enum ContainerKey
{
    /// <summary>The letter <c>a</c>, as KPL. The default.</summary>
    A = 0,

    /// <summary>The partition key of the first member.</summary>
    First,
}
