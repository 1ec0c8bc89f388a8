// The clause categories of CUAD (Hendrycks et al. 2021), each in the words the model is asked with.

/** A kind of clause: what it is called and what it does, in both prompt languages. */
export interface ClauseCategory {
  title: { en: string; zh: string };
  definition: { en: string; zh: string };
}

const category = (en: string, definitionEn: string, zh: string, definitionZh: string): ClauseCategory => ({
  title: { en, zh },
  definition: { en: definitionEn, zh: definitionZh },
});

export const clauseCategories = {
  affiliateLicenseLicensee: category("Affiliate License-Licensee", "clause extending a licence to affiliates of the licensee", "被许可方关联公司许可", "将许可扩展至被许可方关联公司的条款"),
  affiliateLicenseLicensor: category("Affiliate License-Licensor", "clause licensing IP of affiliates of the licensor", "许可方关联公司许可", "许可内容包含许可方关联公司知识产权的条款"),
  antiAssignment: category("Anti-Assignment", "clause requiring consent or notice for assignment to a third party", "转让限制", "向第三方转让须经同意或通知的条款"),
  auditRights: category("Audit Rights", "right to audit or inspect books and records", "审计权", "审计或查阅账簿、记录的权利"),
  capOnLiability: category("Cap On Liability", "clause limiting or capping liability", "责任上限", "限制赔偿责任或规定责任上限的条款"),
  changeOfControl: category("Change Of Control", "clause on change of control or merger", "控制权变更", "关于控制权变更或合并的条款"),
  competitiveRestrictionException: category("Competitive Restriction Exception", "exception to a non-compete, exclusivity or no-solicit clause", "竞争限制例外", "竞业、独家或禁止招揽条款的例外"),
  covenantNotToSue: category("Covenant Not To Sue", "promise not to contest the other party's IP or to sue", "不起诉承诺", "不质疑对方知识产权或不起诉的承诺"),
  exclusivity: category("Exclusivity", "clause giving one party exclusive dealing, territory or supply", "独家", "给予一方独家交易、地域或供应的条款"),
  governingLaw: category("Governing Law", "clause naming the law that governs the agreement", "适用法律", "约定合同适用法律的条款"),
  insurance: category("Insurance", "clause requiring insurance", "保险", "要求投保的条款"),
  ipOwnershipAssignment: category("Ip Ownership Assignment", "clause by which IP created by one party becomes property of the other", "知识产权归属", "一方创造的知识产权归另一方所有的条款"),
  irrevocableOrPerpetualLicense: category("Irrevocable Or Perpetual License", "clause saying a licence is irrevocable or perpetual", "不可撤销或永久许可", "约定许可不可撤销或永久的条款"),
  jointIpOwnership: category("Joint Ip Ownership", "clause by which the parties own IP jointly", "知识产权共有", "双方共同拥有知识产权的条款"),
  licenseGrant: category("License Grant", "clause granting a licence (right to use) from one party to the other", "许可授予", "一方授予另一方使用许可的条款"),
  liquidatedDamages: category("Liquidated Damages", "liquidated damages or termination fee", "违约金", "约定违约金或解约费的条款"),
  minimumCommitment: category("Minimum Commitment", "minimum purchase or amount a party must buy", "最低承诺", "一方必须采购的最低数量或金额"),
  mostFavoredNation: category("Most Favored Nation", "most favoured customer pricing clause", "最惠条款", "给予最优惠价格或条件的条款"),
  noSolicitOfCustomers: category("No-Solicit Of Customers", "promise not to solicit customers", "禁止招揽客户", "不招揽对方客户的承诺"),
  noSolicitOfEmployees: category("No-Solicit Of Employees", "promise not to solicit employees", "禁止招揽员工", "不招揽对方员工的承诺"),
  nonCompete: category("Non-Compete", "clause forbidding a party to compete", "竞业限制", "禁止一方从事竞争业务的条款"),
  nonDisparagement: category("Non-Disparagement", "promise not to disparage the other party", "禁止诋毁", "不诋毁对方的承诺"),
  nonTransferableLicense: category("Non-Transferable License", "clause saying a licence is non-transferable", "不可转让许可", "约定许可不可转让的条款"),
  noticePeriodToTerminateRenewal: category("Notice Period To Terminate Renewal", "notice period to stop an automatic renewal", "终止续期通知期", "停止自动续期所需的通知期限"),
  postTerminationServices: category("Post-Termination Services", "obligations continuing after termination or expiry", "终止后义务", "合同终止或到期后仍须履行的义务"),
  priceRestrictions: category("Price Restrictions", "clause limiting how a party may raise or lower prices", "价格限制", "限制一方调整价格的条款"),
  renewalTerm: category("Renewal Term", "clause on renewal or extension of the term", "续期", "关于合同续期或延长的条款"),
  revenueProfitSharing: category("Revenue/Profit Sharing", "clause sharing revenue, profit or royalties", "收入分成", "分享收入、利润或版税的条款"),
  rofrRofoRofn: category("Rofr/Rofo/Rofn", "right of first refusal, first offer or first negotiation", "优先权", "优先购买、优先要约或优先谈判的权利"),
  sourceCodeEscrow: category("Source Code Escrow", "source code escrow clause", "源代码托管", "关于源代码托管的条款"),
  terminationForConvenience: category("Termination For Convenience", "clause allowing a party to terminate without cause", "任意解除", "允许一方无故解除合同的条款"),
  thirdPartyBeneficiary: category("Third Party Beneficiary", "clause giving a third party rights under the agreement", "第三方受益人", "赋予第三方合同权利的条款"),
  uncappedLiability: category("Uncapped Liability", "liability that is not capped", "无上限责任", "不设上限的责任"),
  unlimitedAllYouCanEatLicense: category("Unlimited/All-You-Can-Eat-License", "clause granting unlimited use under a licence", "无限使用许可", "许可无限制使用的条款"),
  volumeRestriction: category("Volume Restriction", "fee or limit when usage exceeds a threshold", "用量限制", "用量超过阈值时的收费或限制"),
  warrantyDuration: category("Warranty Duration", "length of a warranty", "保修期", "质量保证的期限"),
} as const satisfies Record<string, ClauseCategory>;

export type ClauseCategoryKey = keyof typeof clauseCategories;
